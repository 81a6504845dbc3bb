extension GraphParser {
  /// A constant or a node.
  mutating func statement(in block: BlockID, depth: Int) throws(Diagnostic) {
    let place = start
    var results: [(name: String, place: Int)?] = []
    while true {
      if case .value(let name) = token {
        results.append((name, start))
      } else if token == .word("_") {
        results.append(nil)
      } else {
        break
      }
      try advance()
      if try !accept(",") { break }
    }
    if !results.isEmpty { try expect("=") }
    if token == .word("constant") {
      guard results.count == 1, let result = results[0] else {
        throw lexer.fault("text-syntax", "a constant defines one value", at: place)
      }
      let constant = try constant()
      return try define(result.name, at: result.place) { graph in
        graph.addConstant(constant, name: result.name)
      }
    }
    try node(results, in: block, depth: depth, at: place)
  }

  private mutating func node(
    _ results: [(name: String, place: Int)?], in block: BlockID, depth: Int, at place: Int
  ) throws(Diagnostic) {
    let op = try operatorType()
    let operands = try operands()
    let attributes = try attributes()
    let made = op.init(attributes: attributes)
    let types = try resultTypes(made, operands, results, at: place)
    let history = try history()
    for result in results.compactMap({ $0 }) where names[result.name] != nil {
      throw lexer.fault("text-name", "%\(result.name) is defined a second time", at: result.place)
    }
    let first = results.first.flatMap { $0 }?.name
    let id = graph.addNode(
      made, operands, types: types, name: history.name ?? first ?? "",
      resultNames: results.map { $0?.name ?? "" }, origin: history.origin, trail: history.trail,
      in: block)
    while token == .punctuation("(") {
      let inner = graph.addBlock(to: id)
      try parameters(of: inner)
      try expect("{")
      try self.block(inner, ending: "yield", depth: depth + 1)
      try expect("}")
    }
    for (value, result) in zip(graph[id].results, results) {
      guard let value, let result else { continue }
      guard names[result.name] == nil else {
        throw lexer.fault("text-name", "%\(result.name) is defined a second time", at: result.place)
      }
      names[result.name] = value
    }
  }

  private mutating func operatorType() throws(Diagnostic) -> any Operator.Type {
    let place = start
    let text = try word("an operator")
    let dot = text.lastIndex(of: ".")
    let domain = dot.map { String(text[..<$0]) } ?? ""
    let name = dot.map { String(text[text.index(after: $0)...]) } ?? text
    guard let op = OperatorRegistry.find(name, domain: domain) else {
      throw lexer.fault("text-operator", "there is no operator '\(text)'", at: place)
    }
    return op
  }

  private mutating func operands() throws(Diagnostic) -> [ValueID?] {
    try expect("(")
    var operands: [ValueID?] = []
    while token != .punctuation(")") {
      operands.append(try accept(word: "_") ? nil : try use())
      if token != .punctuation(")") { try expect(",") }
    }
    try expect(")")
    return operands
  }

  /// The types after the colon; without it, what inference gives.
  private mutating func resultTypes(
    _ op: any Operator, _ operands: [ValueID?], _ results: [(name: String, place: Int)?],
    at place: Int
  ) throws(Diagnostic) -> [TensorType?] {
    if try accept(":") {
      var types: [TensorType?] = []
      repeat { types.append(try accept(word: "_") ? nil : try type()) } while try accept(",")
      let agrees = zip(types, results).allSatisfy { ($0 == nil) == ($1 == nil) }
      guard types.count == results.count, agrees else {
        throw lexer.fault("text-syntax", "each result needs a type", at: place)
      }
      return types
    }
    if results.isEmpty { return [] }
    let context = InferenceContext(
      operands: operands.map { $0.map { graph[$0].type } },
      known: operands.map { graph.constant($0) }, resultCount: results.count)
    do throws(DiagnosticMessage) {
      try Swift.type(of: op).schema.check(op.attributes)
      let types = try op.inferTypes(context)
      guard types.count >= results.count else {
        throw DiagnosticMessage("text-syntax", "\(op.name) has \(types.count) results")
      }
      return zip(results, types).map { $0 == nil ? nil : $1 }
    } catch {
      throw lexer.fault(error, at: place)
    }
  }

  private mutating func history() throws(Diagnostic) -> (
    name: String?, origin: Origin, trail: [String]
  ) {
    var name: String?
    var origin = Origin(index: -1, type: "")
    var trail: [String] = []
    if try accept(word: "loc") {
      try expect("(")
      name = try string()
      try expect(",")
      let index = try integer()
      try expect(",")
      origin = Origin(index: index, type: try string())
      try expect(")")
    }
    if try accept(word: "trail") {
      try expect("(")
      repeat { trail.append(try string()) } while try accept(",")
      try expect(")")
    }
    return (name, origin, trail)
  }
}
