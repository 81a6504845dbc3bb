/// Reads the primitive parts of protobuf's wire format, every step checked.
struct WireReader {
  let bytes: UnsafeRawBufferPointer
  var position: Int

  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  /// Reads a varint that must end before `end`.
  mutating func varint(before end: Int) throws(WireFault) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    var at = position
    while at < end {
      let byte = bytes[at]
      at += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 {
        position = at
        return value
      }
      shift += 7
      if shift >= 70 { throw fault("a number of more than ten bytes") }
    }
    throw fault("the file ends inside a number")
  }

  /// Skips bytes that must lie before `end`.
  mutating func skip(_ count: UInt64, before end: Int) throws(WireFault) {
    guard count <= UInt64(end - position) else {
      throw fault("a length of \(count) bytes where \(end - position) are left")
    }
    position += Int(count)
  }

  func fault(_ what: String) -> WireFault {
    WireFault("onnx-wire", "not a valid ONNX file: \(what), at byte \(position)")
  }
}
