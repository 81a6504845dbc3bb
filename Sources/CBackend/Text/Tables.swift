import CoppiceIR

extension CText {
  /// Appends the elements of a C array, several in a line.
  mutating func elements(_ bytes: Bytes, _ element: ElementType) {
    let size = cSize(element)
    let count = bytes.count / size
    if count == 0 {
      line("    0")
      return
    }
    reserve(count * (size + 9))
    bytes.withUnsafeBytes { raw in
      switch element {
      case .float32:
        list(count, perLine: 8) { c, index in
          c.number(raw.loadUnaligned(fromByteOffset: index * 4, as: Float.self))
        }
      case .float64:
        list(count, perLine: 4) { c, index in
          c.write(literal(raw.loadUnaligned(fromByteOffset: index * 8, as: Double.self)))
        }
      default:
        list(count, perLine: 80 / (size * 3 + 2)) { c, index in
          c.whole(raw, index, element, size)
        }
      }
    }
  }

  private mutating func list(_ count: Int, perLine: Int, _ body: (inout CText, Int) -> Void) {
    for index in 0..<count {
      if index % perLine == 0 { write("    ") }
      body(&self, index)
      let isLast = index == count - 1
      if !isLast { byte(UInt8(ascii: ",")) }
      byte(isLast || index % perLine == perLine - 1 ? UInt8(ascii: "\n") : UInt8(ascii: " "))
    }
  }

  private mutating func number(_ value: Float) {
    if value.bitPattern == 0 { return write("0.0f") }
    guard value.isFinite else { return write(literal(value)) }
    write(value.description)
    byte(UInt8(ascii: "f"))
  }

  private mutating func whole(
    _ raw: UnsafeRawBufferPointer, _ index: Int, _ element: ElementType, _ size: Int
  ) {
    func load<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> Int64 {
      Int64(truncatingIfNeeded: raw.loadUnaligned(fromByteOffset: index * size, as: T.self))
    }
    switch (size, element.isSigned && element.bits >= 8) {
    case (1, true): write(String(load(Int8.self)))
    case (1, false): write(String(load(UInt8.self)))
    case (2, true): write(String(load(Int16.self)))
    case (2, false): write(String(load(UInt16.self)))
    case (4, _): write(literal(load(Int32.self), element))
    default: write(literal(load(Int64.self), element))
    }
  }
}
