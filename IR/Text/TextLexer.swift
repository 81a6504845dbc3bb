/// A piece of the text form.
enum TextToken: Hashable {
  /// `%name`.
  case value(String)
  /// `@name`.
  case symbol(String)
  /// Letters, digits and `_ . + -`: keywords, operators, numbers.
  case word(String)
  case string(String)
  case punctuation(Character)
  case end

  var description: String {
    switch self {
    case .value(let name): "%\(name)"
    case .symbol(let name): "@\(name)"
    case .word(let text): "'\(text)'"
    case .string: "a text"
    case .punctuation(let mark): "'\(mark)'"
    case .end: "the end"
    }
  }
}

/// Cuts the text form into tokens.
struct TextLexer {
  private let bytes: [UInt8]
  private let file: String
  private(set) var offset = 0

  init(_ text: String, file: String) {
    bytes = Array(text.utf8)
    self.file = file
  }

  /// The next token and where it starts.
  mutating func next() throws(Diagnostic) -> (token: TextToken, start: Int) {
    skipBlanks()
    let start = offset
    guard let byte = peek else { return (.end, start) }
    switch byte {
    case UInt8(ascii: "%"):
      offset += 1
      return (.value(try name(start)), start)
    case UInt8(ascii: "@"):
      offset += 1
      return (.symbol(try name(start)), start)
    case UInt8(ascii: "\""): return (.string(try string(start)), start)
    case _ where "(){}[],:=*/".utf8.contains(byte):
      offset += 1
      return (.punctuation(Character(UnicodeScalar(byte))), start)
    case _ where isWordByte(byte): return (.word(run(isWordByte)), start)
    default: throw fault("text-syntax", "a character that has no meaning here", at: start)
    }
  }

  /// A diagnostic with line and column.
  func fault(_ id: String, _ text: String, at offset: Int) -> Diagnostic {
    fault(DiagnosticMessage(id, text), at: offset)
  }

  func fault(_ message: DiagnosticMessage, at offset: Int) -> Diagnostic {
    let before = bytes.prefix(offset)
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let column = String(decoding: before[start...], as: UTF8.self).count + 1
    return Diagnostic(.error, message, at: .text(file: file, line: line, column: column))
  }

  private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipBlanks() {
    while let byte = peek {
      if byte == UInt8(ascii: "/"), offset + 1 < bytes.count, bytes[offset + 1] == byte {
        while let byte = peek, byte != UInt8(ascii: "\n") { offset += 1 }
      } else if byte == 32 || byte == 9 || byte == 10 || byte == 13 {
        offset += 1
      } else {
        return
      }
    }
  }

  private mutating func run(_ belongs: (UInt8) -> Bool) -> String {
    let start = offset
    while let byte = peek, belongs(byte) { offset += 1 }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private mutating func name(_ start: Int) throws(Diagnostic) -> String {
    if peek == UInt8(ascii: "\"") { return try string(start) }
    let name = run(isNameByte)
    if name.isEmpty { throw fault("text-syntax", "a name is missing", at: start) }
    return name
  }

  private mutating func string(_ start: Int) throws(Diagnostic) -> String {
    offset += 1
    var text: [UInt8] = []
    while let byte = peek {
      offset += 1
      if byte == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
      if byte == UInt8(ascii: "\\") { text += try escape() } else { text.append(byte) }
    }
    throw fault("text-syntax", "a text is not closed", at: start)
  }

  private mutating func escape() throws(Diagnostic) -> [UInt8] {
    let start = offset - 1
    guard let byte = peek else { throw fault("text-syntax", "a text is not closed", at: start) }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): return [byte]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "u"):
      if peek == UInt8(ascii: "{") {
        offset += 1
        let digits = run(isWordByte)
        if peek == UInt8(ascii: "}"), let code = UInt32(digits, radix: 16),
          let scalar = UnicodeScalar(code)
        {
          offset += 1
          return Array(String(Character(scalar)).utf8)
        }
      }
    default: break
    }
    throw fault("text-syntax", "an escape that has no meaning", at: start)
  }
}
