extension GraphParser {
  mutating func type() throws(Diagnostic) -> TensorType {
    let place = start
    let name = try word("an element type")
    guard let element = ElementType(named: name) else {
      throw lexer.fault("text-syntax", "there is no element type '\(name)'", at: place)
    }
    let shape = try list { (parser) throws(Diagnostic) in try parser.integer() }
    var type = TensorType(element, shape)
    let (bits, overflow) = product(shape + [max(element.bits, 1)])
    guard !overflow, bits < 1 << 48, shape.allSatisfy({ $0 >= 0 }) else {
      throw lexer.fault("text-syntax", "\(type) is not a type of a tensor", at: place)
    }
    guard try accept(word: "quant") else { return type }
    var quantization = Quantization(scale: [], zeroPoint: [])
    try fields { (parser, name) throws(Diagnostic) in
      switch name {
      case "scale":
        quantization.scale = try parser.list { (parser) throws(Diagnostic) in
          try parser.number(Float.init)
        }
      case "zero": quantization.zeroPoint = try parser.integers()
      case "axis": quantization.axis = try parser.integer()
      default: return false
      }
      return true
    }
    type.quantization = quantization
    return type
  }

  mutating func constant() throws(Diagnostic) -> Constant {
    let place = start
    try expect(word: "constant")
    var form = "dense"
    if case .word(let name) = token, name != "hex" {
      form = name
      try advance()
    }
    if form == "elided" {
      throw lexer.fault(
        "text-constant", "the constant's elements were left out; print the graph exactly", at: place
      )
    }
    let format = StorageFormats.named(form)
    guard format != nil || form == "dense" || form == "uniform" else {
      throw lexer.fault("text-constant", "there is no storage '\(form)'", at: place)
    }
    let known = try format.map { (format) throws(Diagnostic) in try storageFields(of: format) }
    let values = try rawValues()
    try expect(":")
    let type = try type()
    let elements = try bytes(values, type.element, at: place)
    let storage: Storage =
      if let format, let known {
        .sparse(format.init(known, values: elements))
      } else {
        form == "dense" ? .dense(elements) : .uniform(elements)
      }
    let constant = Constant(type, storage)
    if type.element != .string, let fault = constant.storageFault {
      throw lexer.fault("text-constant", "\(type) in \(storage.name) storage \(fault)", at: place)
    }
    return constant
  }

  /// What stands in braces before the values of a sparse storage.
  private mutating func storageFields(
    of format: any SparseFormat.Type
  ) throws(Diagnostic) -> StorageFields {
    var found = StorageFields()
    guard token == .punctuation("{") else { return found }
    let known = format.init(found, values: Bytes([UInt8]())).fields
    try fields("{", "}") { (parser, name) throws(Diagnostic) in
      switch known.first(where: { $0.key == name })?.value {
      case .integer: found[name] = .integer(try parser.integer())
      case .integers: found[name] = .integers(try parser.integers().map { Int32(clamping: $0) })
      case .bytes: found[name] = .bytes(try parser.hex().array(of: UInt8.self))
      case nil: return false
      }
      return true
    }
    return found
  }

  /// `name = value` pairs; `field` says whether it knows the name.
  private mutating func fields(
    _ open: Character = "(", _ close: Character = ")",
    _ field: (inout GraphParser, String) throws(Diagnostic) -> Bool
  ) throws(Diagnostic) {
    try expect(open)
    repeat {
      let place = start
      let name = try word("a name")
      try expect("=")
      guard try field(&self, name) else {
        throw lexer.fault("text-syntax", "'\(name)' has no meaning here", at: place)
      }
    } while try accept(",")
    try expect(close)
  }

  mutating func integers() throws(Diagnostic) -> [Int] {
    try list { (parser) throws(Diagnostic) in try parser.integer() }
  }

  mutating func number<Number>(_ read: (String) -> Number?) throws(Diagnostic) -> Number {
    guard case .word(let text) = token, let value = read(text) else {
      throw unexpected("a number")
    }
    try advance()
    return value
  }

  private enum RawValues {
    case bytes(Bytes)
    case words([String])
  }

  private mutating func rawValues() throws(Diagnostic) -> RawValues {
    if token == .word("hex") { return .bytes(try hex()) }
    return .words(try list { (parser) throws(Diagnostic) in try parser.word("a number") })
  }

  private func bytes(
    _ values: RawValues, _ element: ElementType, at place: Int
  ) throws(Diagnostic) -> Bytes {
    switch values {
    case .bytes(let bytes): return bytes
    case .words(let words):
      if let bytes = packed(words, element) { return bytes }
      throw lexer.fault(
        "text-constant", "the elements are no numbers of \(element.rawValue)", at: place)
    }
  }

  private func packed(_ words: [String], _ element: ElementType) -> Bytes? {
    switch element {
    case .float32: packed(words) { Float($0) }
    case .float64: packed(words) { Double($0) }
    case .int8: packed(words) { Int8($0) }
    case .int16: packed(words) { Int16($0) }
    case .int32: packed(words) { Int32($0) }
    case .int64: packed(words) { Int64($0) }
    case .uint8: packed(words) { UInt8($0) }
    case .uint16: packed(words) { UInt16($0) }
    case .uint32: packed(words) { UInt32($0) }
    case .uint64: packed(words) { UInt64($0) }
    case .bool: packed(words) { UInt8($0).flatMap { $0 > 1 ? nil : $0 } }
    default: words.isEmpty ? Bytes([UInt8]()) : nil
    }
  }

  private func packed<Number: BitwiseCopyable>(
    _ words: [String], _ read: (String) -> Number?
  ) -> Bytes? {
    let numbers = words.compactMap(read)
    return numbers.count == words.count ? Bytes(numbers) : nil
  }
}
