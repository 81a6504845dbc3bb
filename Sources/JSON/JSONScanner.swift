package import CoppiceIR

/// Reads JSON as a pull parser.
///
/// It is the project's own because files of strangers are read with it: what a hostile text costs is bounded by
/// what is kept of it, while a parser that returns a tree keeps it all.
package struct JSONScanner {
  package static let depthLimit = 64

  private let bytes: UnsafeRawBufferPointer
  private let source: String
  private var at = 0
  private var depth = 0

  package init(_ bytes: UnsafeRawBufferPointer, source: String) {
    self.bytes = bytes
    self.source = source
  }

  /// Whether the next value is a string.
  package var isString: Bool { next == UInt8(ascii: "\"") }

  /// Whether the next value is an array.
  package var isArray: Bool { next == UInt8(ascii: "[") }

  /// Calls `member` at the value of each member, which it must consume.
  package mutating func object(
    _ member: (inout JSONScanner, String) throws(DiagnosticMessage) -> Void
  ) throws(DiagnosticMessage) {
    var seen: Set<String> = []
    try sequence(open: "{", close: "}") { (scanner) throws(DiagnosticMessage) in
      let key = try scanner.string()
      guard seen.insert(key).inserted else { throw scanner.fault("the key '\(key)' stands twice") }
      try scanner.expect(":")
      try member(&scanner, key)
    }
  }

  /// Calls `element` at each element, which it must consume.
  package mutating func array(
    _ element: (inout JSONScanner) throws(DiagnosticMessage) -> Void
  ) throws(DiagnosticMessage) {
    try sequence(open: "[", close: "]", element)
  }

  package mutating func string() throws(DiagnosticMessage) -> String {
    try expect("\"")
    let start = at
    while let byte = peek(), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      at += 1
    }
    if peek() == UInt8(ascii: "\"") {
      defer { at += 1 }
      return try text(bytes[start..<at])
    }
    return try escapedString(Array(bytes[start..<at]))
  }

  /// A number that is a count: no sign, fraction or exponent.
  package mutating func count() throws(DiagnosticMessage) -> Int {
    skipSpace()
    let start = at
    var value = 0
    while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tenfold.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !overflow, !carry else { throw fault("a number is too large") }
      value = sum
      at += 1
    }
    let hasLeadingZero = at > start + 1 && bytes[start] == UInt8(ascii: "0")
    guard at > start, !hasLeadingZero else { throw fault("a count is expected") }
    if let next = peek(), ".eE".utf8.contains(next) { throw fault("a whole number is expected") }
    return value
  }

  package mutating func counts() throws(DiagnosticMessage) -> [Int] {
    var result: [Int] = []
    try array { (scanner) throws(DiagnosticMessage) in result.append(try scanner.count()) }
    return result
  }

  package mutating func strings() throws(DiagnosticMessage) -> [String] {
    var result: [String] = []
    try array { (scanner) throws(DiagnosticMessage) in result.append(try scanner.string()) }
    return result
  }

  /// Passes over one value of any kind.
  package mutating func skipValue() throws(DiagnosticMessage) {
    skipSpace()
    switch peek() {
    case UInt8(ascii: "{"):
      try object { (scanner, _) throws(DiagnosticMessage) in try scanner.skipValue() }
    case UInt8(ascii: "["):
      try array { (scanner) throws(DiagnosticMessage) in try scanner.skipValue() }
    case UInt8(ascii: "\""): _ = try string()
    default: try skipWord()
    }
  }

  /// Requires that nothing but white space is left.
  package mutating func end() throws(DiagnosticMessage) {
    skipSpace()
    guard at == bytes.count else { throw fault("text follows the end of the value") }
  }

  package func fault(_ what: String) -> DiagnosticMessage {
    DiagnosticMessage("json", "\(source): \(what), at byte \(at)")
  }
}

extension JSONScanner {
  /// The first byte of the next value.
  private var next: UInt8? {
    var scanner = self
    scanner.skipSpace()
    return scanner.peek()
  }

  private func peek() -> UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipSpace() {
    while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      at += 1
    }
  }

  private mutating func expect(_ character: Unicode.Scalar) throws(DiagnosticMessage) {
    skipSpace()
    guard let byte = peek(), UInt32(byte) == character.value else {
      throw fault("'\(character)' is expected")
    }
    at += 1
  }

  private mutating func sequence(
    open: Unicode.Scalar, close: Unicode.Scalar,
    _ element: (inout JSONScanner) throws(DiagnosticMessage) -> Void
  ) throws(DiagnosticMessage) {
    try expect(open)
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw fault("it nests too deep") }
    skipSpace()
    if let byte = peek(), UInt32(byte) == close.value {
      at += 1
      return
    }
    while true {
      skipSpace()
      try element(&self)
      skipSpace()
      guard peek() == UInt8(ascii: ",") else { break }
      at += 1
    }
    try expect(close)
  }

  private mutating func skipWord() throws(DiagnosticMessage) {
    let start = at
    while let byte = peek(), isWordByte(byte) { at += 1 }
    guard at > start else { throw fault("a value is expected") }
  }

  private func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
    default: false
    }
  }

  private func text(_ part: some Sequence<UInt8>) throws(DiagnosticMessage) -> String {
    guard let text = String(validating: part, as: UTF8.self) else {
      throw fault("a string is not UTF-8")
    }
    return text
  }

  private mutating func escapedString(_ prefix: [UInt8]) throws(DiagnosticMessage) -> String {
    var result = prefix
    while let byte = peek() {
      at += 1
      switch byte {
      case UInt8(ascii: "\""): return try text(result)
      case UInt8(ascii: "\\"): result += Array(String(try escape()).utf8)
      case ..<0x20: throw fault("a control character stands in a string")
      default: result.append(byte)
      }
    }
    throw fault("a string does not end")
  }

  private mutating func escape() throws(DiagnosticMessage) -> Unicode.Scalar {
    guard let byte = peek() else { throw fault("a string does not end") }
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw fault("an unknown escape")
    }
  }

  private mutating func unicodeEscape() throws(DiagnosticMessage) -> Unicode.Scalar {
    let first = try hexUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard (0xD800..<0xDC00).contains(first), peek() == UInt8(ascii: "\\") else {
      throw fault("a lone surrogate")
    }
    at += 1
    guard peek() == UInt8(ascii: "u") else { throw fault("a lone surrogate") }
    at += 1
    let second = try hexUnit()
    guard (0xDC00..<0xE000).contains(second) else { throw fault("a lone surrogate") }
    let code = 0x10000 + ((UInt32(first) - 0xD800) << 10) + (UInt32(second) - 0xDC00)
    guard let scalar = Unicode.Scalar(code) else { throw fault("a lone surrogate") }
    return scalar
  }

  private mutating func hexUnit() throws(DiagnosticMessage) -> UInt16 {
    guard bytes.count - at >= 4 else { throw fault("a string does not end") }
    var value: UInt16 = 0
    for byte in bytes[at..<at + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw fault("four hexadecimal digits are expected")
      }
      value = value << 4 | UInt16(digit)
    }
    at += 4
    return value
  }
}
