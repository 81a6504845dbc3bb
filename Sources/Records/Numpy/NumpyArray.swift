package import CoppiceIR

/// An array as npy files hold it, in row-major order and little-endian bytes.
package struct NumpyArray: Hashable, Sendable {
  package let element: ElementType
  package let shape: [Int]
  package let bytes: [UInt8]

  /// Takes an array's bytes; nil if they are not as many as the shape needs.
  package init?(_ element: ElementType, shape: [Int], bytes: [UInt8]) {
    guard element.checkedByteCount(of: shape) == bytes.count else { return nil }
    self.element = element
    self.shape = shape
    self.bytes = bytes
  }

  package init(path: String) throws(DiagnosticMessage) {
    let file = try FileBytes(path: path)
    try self.init(npy: file.bytes, name: path)
  }

  /// Reads an npy file of version 1, 2 or 3; `name` is what messages call it.
  package init(npy file: UnsafeRawBufferPointer, name: String) throws(DiagnosticMessage) {
    let (text, dataStart) = try Self.header(of: file, name)
    let header = try NumpyHeader(text, name: name)
    guard let count = header.element.checkedByteCount(of: header.shape) else {
      throw .npy(name, "its shape \(header.shape) is too large")
    }
    guard file.count - dataStart == count else {
      throw .npy(
        name, "shape \(header.shape) needs \(count) bytes, but \(file.count - dataStart) follow")
    }
    var bytes = Array(file[dataStart...])
    if header.isBigEndian { bytes.reverseElements(of: header.element.bits / 8) }
    if header.isColumnMajor {
      bytes = bytes.rowMajor(shape: header.shape, width: header.element.bits / 8)
    }
    element = header.element
    shape = header.shape
    self.bytes = bytes
  }

  /// The npy file, version 1.0; nil for elements that numpy has no type for.
  package func npy() -> [UInt8]? {
    guard let code = element.numpyCode else { return nil }
    let order = element.bits / 8 == 1 ? "|" : "<"
    let list = shape.map(String.init).joined(separator: ", ")
    let tuple = shape.count == 1 ? "(\(list),)" : "(\(list))"
    var header = Array(
      "{'descr': '\(order)\(code)', 'fortran_order': False, 'shape': \(tuple), }".utf8)
    while (header.count + 11) % 64 != 0 { header.append(0x20) }
    header.append(0x0A)
    let length = UInt16(clamping: header.count)
    return NumpyHeader.magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + header + bytes
  }

  package func write(to path: String) throws(DiagnosticMessage) {
    guard let file = npy() else {
      throw .npy(path, "npy has no type for \(element.rawValue) elements")
    }
    var output = try FileOutput(path: path)
    try output.write(file)
    try output.commit()
  }
}

extension NumpyArray {
  private static func header(
    of file: UnsafeRawBufferPointer, _ name: String
  ) throws(DiagnosticMessage) -> (text: UnsafeRawBufferPointer, dataStart: Int) {
    guard file.count >= 12, file.prefix(6).elementsEqual(NumpyHeader.magic) else {
      throw .npy(name, "it does not begin with numpy's magic bytes")
    }
    let start: Int
    let length: Int
    switch file[6] {
    case 1:
      start = 10
      length = Int(UInt16(littleEndian: file.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
    case 2, 3:
      start = 12
      length = Int(UInt32(littleEndian: file.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    default: throw .npy(name, "its version \(file[6]) is not known")
    }
    guard length <= file.count - start else {
      throw .npy(name, "its header goes past the end of the file")
    }
    return (UnsafeRawBufferPointer(rebasing: file[start..<start + length]), start + length)
  }
}

extension [UInt8] {
  fileprivate mutating func reverseElements(of width: Int) {
    for start in stride(from: 0, to: count, by: width) { self[start..<start + width].reverse() }
  }

  /// Reorders elements from column-major to row-major order.
  fileprivate func rowMajor(shape: [Int], width: Int) -> [UInt8] {
    var strides: [Int] = []
    var stride = width
    for dimension in shape {
      strides.append(stride)
      stride *= dimension
    }
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var position = [Int](repeating: 0, count: shape.count)
    var offset = 0
    while result.count < count {
      result += self[offset..<offset + width]
      for axis in shape.indices.reversed() {
        position[axis] += 1
        offset += strides[axis]
        if position[axis] < shape[axis] { break }
        offset -= strides[axis] * shape[axis]
        position[axis] = 0
      }
    }
    return result
  }
}

extension DiagnosticMessage {
  static func npy(_ name: String, _ what: String) -> Self {
    Self("npy", "'\(name)' is not a readable npy file: \(what)")
  }
}
