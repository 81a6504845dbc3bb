/// Protobuf's wire format, written by hand so that readers are checked against something else.
package struct Wire {
  package var bytes: [UInt8] = []

  package init(_ build: (inout Wire) -> Void = { _ in }) { build(&self) }

  package static func varint(_ value: UInt64) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127) | 128] + varint(value >> 7)
  }

  package mutating func tag(_ field: Int, _ type: Int) {
    bytes += Self.varint(UInt64(field) << 3 | UInt64(type))
  }

  package mutating func int(_ field: Int, _ value: Int) {
    tag(field, 0)
    bytes += Self.varint(UInt64(bitPattern: Int64(value)))
  }

  package mutating func data(_ field: Int, _ data: [UInt8]) {
    tag(field, 2)
    bytes += Self.varint(UInt64(data.count)) + data
  }

  package mutating func text(_ field: Int, _ text: String) { data(field, Array(text.utf8)) }

  package mutating func message(_ field: Int, _ message: Wire) { data(field, message.bytes) }

  package mutating func float(_ field: Int, _ value: Float) {
    tag(field, 5)
    bytes += littleEndian(value.bitPattern)
  }

  package mutating func packed(_ field: Int, _ values: [Int]) {
    data(field, values.flatMap { Self.varint(UInt64(bitPattern: Int64($0))) })
  }
}

package func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

package func floats(_ values: [Float]) -> [UInt8] { values.flatMap { littleEndian($0.bitPattern) } }
