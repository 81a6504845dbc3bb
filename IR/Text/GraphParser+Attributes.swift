extension GraphParser {
  mutating func attributes() throws(Diagnostic) -> Attributes {
    var attributes = Attributes()
    guard try accept("{") else { return attributes }
    while token != .punctuation("}") {
      let place = start
      let name = try word("an attribute")
      guard attributes[name] == nil else {
        throw lexer.fault("text-name", "attribute '\(name)' is given a second time", at: place)
      }
      try expect("=")
      attributes[name] = try attribute()
      if token != .punctuation("}") { try expect(",") }
    }
    try expect("}")
    return attributes
  }

  private mutating func attribute() throws(Diagnostic) -> Attribute {
    switch token {
    case .string: return .string(try string())
    case .word("constant"): return .tensor(try constant())
    case .word("ints"):
      try advance()
      return .ints(try integers())
    case .word("floats"):
      try advance()
      return .floats(
        try list { (parser) throws(Diagnostic) in try parser.number(Float.init) })
    case .word("strings"):
      try advance()
      return .strings(try list { (parser) throws(Diagnostic) in try parser.string() })
    case .word(let text):
      if let value = Int(text) {
        try advance()
        return .int(value)
      }
      return .float(try number(Float.init))
    case .punctuation("["): return try listAttribute()
    default: throw unexpected("an attribute's value")
    }
  }

  /// A list of one kind; whole numbers beside reals are reals.
  private mutating func listAttribute() throws(Diagnostic) -> Attribute {
    let place = start
    let values = try list { (parser) throws(Diagnostic) in
      if parser.token == .punctuation("[") { throw parser.unexpected("a number or a text") }
      return try parser.attribute()
    }
    let ints = values.compactMap { if case .int(let value) = $0 { value } else { nil } }
    if !ints.isEmpty, ints.count == values.count { return .ints(ints) }
    let texts = values.compactMap { if case .string(let text) = $0 { text } else { nil } }
    if !texts.isEmpty, texts.count == values.count { return .strings(texts) }
    let floats = values.compactMap { value -> Float? in
      switch value {
      case .float(let number): number
      case .int(let number): Float(number)
      default: nil
      }
    }
    if !floats.isEmpty, floats.count == values.count { return .floats(floats) }
    throw lexer.fault(
      "text-syntax", "write an empty list as 'ints []', and do not mix kinds", at: place)
  }
}
