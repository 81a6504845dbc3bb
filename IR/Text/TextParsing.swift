/// What parsers of text forms share: one token of lookahead, and faults with line and column.
protocol TextParsing {
  var lexer: TextLexer { get set }
  var token: TextToken { get set }
  /// Where the token starts.
  var start: Int { get set }
}

extension TextParsing {
  mutating func advance() throws(Diagnostic) { (token, start) = try lexer.next() }

  func fault(_ id: String, _ text: String) -> Diagnostic { lexer.fault(id, text, at: start) }

  func unexpected(_ wanted: String) -> Diagnostic {
    fault("text-syntax", "expected \(wanted), found \(token.description)")
  }

  mutating func expect(_ mark: Character) throws(Diagnostic) {
    guard token == .punctuation(mark) else { throw unexpected("'\(mark)'") }
    try advance()
  }

  mutating func expect(word: String) throws(Diagnostic) {
    guard token == .word(word) else { throw unexpected("'\(word)'") }
    try advance()
  }

  mutating func accept(_ mark: Character) throws(Diagnostic) -> Bool {
    guard token == .punctuation(mark) else { return false }
    try advance()
    return true
  }

  mutating func accept(word: String) throws(Diagnostic) -> Bool {
    guard token == .word(word) else { return false }
    try advance()
    return true
  }

  mutating func word(_ wanted: String) throws(Diagnostic) -> String {
    guard case .word(let text) = token else { throw unexpected(wanted) }
    try advance()
    return text
  }

  mutating func string() throws(Diagnostic) -> String {
    guard case .string(let text) = token else { throw unexpected("a text in quotes") }
    try advance()
    return text
  }

  mutating func integer() throws(Diagnostic) -> Int {
    guard case .word(let text) = token, let value = Int(text) else {
      throw unexpected("a whole number")
    }
    try advance()
    return value
  }

  /// Words, integers or texts in square brackets.
  mutating func list<Element>(
    _ element: (inout Self) throws(Diagnostic) -> Element
  ) throws(Diagnostic) -> [Element] {
    try expect("[")
    var list: [Element] = []
    while token != .punctuation("]") {
      list.append(try element(&self))
      if token != .punctuation("]") { try expect(",") }
    }
    try expect("]")
    return list
  }

  mutating func hex() throws(Diagnostic) -> Bytes {
    try expect(word: "hex")
    let place = start
    let text = Array(try string().utf8)
    guard text.count % 2 == 0 else {
      throw lexer.fault("text-constant", "hexadecimal digits come in pairs", at: place)
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 2)
    for index in stride(from: 0, to: text.count, by: 2) {
      guard let high = digit(text[index]), let low = digit(text[index + 1]) else {
        throw lexer.fault("text-constant", "not a hexadecimal digit", at: place + 1 + index)
      }
      bytes.append(high << 4 | low)
    }
    return Bytes(bytes)
  }

  private func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
