import CoppiceIR

/// The dictionary at the head of an npy file, written as a Python literal.
struct NumpyHeader {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  let element: ElementType
  let isBigEndian: Bool
  let isColumnMajor: Bool
  let shape: [Int]

  init(_ text: UnsafeRawBufferPointer, name: String) throws(DiagnosticMessage) {
    var scanner = PythonScanner(text, name: name)
    var (type, isColumnMajor, shape): (String?, Bool?, [Int]?)
    try scanner.expect("{")
    while !scanner.take("}") {
      let key = try scanner.string()
      try scanner.expect(":")
      switch key {
      case "descr": type = try scanner.string()
      case "fortran_order": isColumnMajor = try scanner.truth()
      case "shape": shape = try scanner.tuple()
      default: throw .npy(name, "its header has an unknown key '\(key)'")
      }
      guard scanner.take(",") else {
        try scanner.expect("}")
        break
      }
    }
    try scanner.end()
    guard let type, let isColumnMajor, let shape else {
      throw .npy(name, "its header lacks one of descr, fortran_order and shape")
    }
    let element = ElementType.allCases.first { $0.numpyCode == String(type.dropFirst()) }
    guard let element, let order = type.first, "<>|=".contains(order) else {
      throw .npy(name, "elements of type '\(type)' are not supported")
    }
    self.element = element
    self.isColumnMajor = isColumnMajor
    self.shape = shape
    isBigEndian = order == ">"
  }
}

/// Reads the few kinds of Python literal that numpy writes.
private struct PythonScanner {
  private let bytes: UnsafeRawBufferPointer
  private let name: String
  private var at = 0

  init(_ bytes: UnsafeRawBufferPointer, name: String) {
    self.bytes = bytes
    self.name = name
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard at < bytes.count, UInt32(bytes[at]) == character.value else { return false }
    at += 1
    return true
  }

  mutating func expect(_ character: Unicode.Scalar) throws(DiagnosticMessage) {
    guard take(character) else { throw .npy(name, "its header lacks '\(character)' at byte \(at)") }
  }

  mutating func string() throws(DiagnosticMessage) -> String {
    let quote: Unicode.Scalar = take("\"") ? "\"" : "'"
    if quote == "'" { try expect("'") }
    let start = at
    while at < bytes.count, UInt32(bytes[at]) != quote.value { at += 1 }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    try expect(quote)
    return text
  }

  mutating func truth() throws(DiagnosticMessage) -> Bool {
    switch word() {
    case "True": return true
    case "False": return false
    default: throw .npy(name, "its fortran_order is neither True nor False")
    }
  }

  mutating func tuple() throws(DiagnosticMessage) -> [Int] {
    try expect("(")
    var result: [Int] = []
    while !take(")") {
      guard let value = Int(word()), value >= 0 else {
        throw .npy(name, "its shape is not a tuple of counts")
      }
      result.append(value)
      guard take(",") else {
        try expect(")")
        break
      }
    }
    return result
  }

  mutating func end() throws(DiagnosticMessage) {
    skipSpace()
    guard at == bytes.count else { throw .npy(name, "text follows its header's dictionary") }
  }

  private mutating func word() -> String {
    skipSpace()
    let start = at
    while at < bytes.count, isAlphanumeric(bytes[at]) { at += 1 }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  private func isAlphanumeric(_ byte: UInt8) -> Bool {
    let character = Character(Unicode.Scalar(byte))
    return byte < 0x80 && (character.isLetter || character.isNumber)
  }

  private mutating func skipSpace() {
    while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x0A || bytes[at] == 0x09 { at += 1 }
  }
}
