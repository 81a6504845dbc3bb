/// Reads the text form by recursive descent; the first error is thrown with its line and column.
struct GraphParser: TextParsing {
  static let deepestNesting = 64
  var lexer: TextLexer
  var token = TextToken.end
  var start = 0
  let file: String
  var graph = Graph(name: "")
  var names: [String: ValueID] = [:]

  init(_ text: String, file: String) {
    lexer = TextLexer(text, file: file)
    self.file = file
  }

  mutating func parse() throws(Diagnostic) -> Graph {
    try advance()
    try expect(word: "graph")
    guard case .symbol(let name) = token else { throw unexpected("@ and the graph's name") }
    try advance()
    graph = Graph(name: name, source: file)
    try parameters(of: graph.body)
    if try accept(word: "opset") { graph.opset = try integer() }
    if try accept(word: "source") { graph.source = try string() }
    try expect("{")
    while try accept(word: "assume") { try assumption() }
    while try accept(word: "names") { try outputNames() }
    try block(graph.body, ending: "return", depth: 0)
    try expect("}")
    guard token == .end else { throw unexpected("the end") }
    return graph
  }

  /// `names 0 elements {"a", "b"}`, after its first word.
  private mutating func outputNames() throws(Diagnostic) {
    let output = try integer()
    let place: OutputNames.Place = try accept(word: "columns") ? .columns : .elements
    if place == .elements { try expect(word: "elements") }
    var (names, areNumbers): ([String], Bool) = ([], false)
    try expect("{")
    while token != .punctuation("}") {
      if case .string = token {
        names.append(try string())
      } else {
        names.append(String(try integer()))
        areNumbers = true
      }
      if token != .punctuation("}") { try expect(",") }
    }
    try expect("}")
    graph.setNames(OutputNames(output: output, place: place, names: names, areNumbers: areNumbers))
  }

  /// `assume %input {[2, -1], [3]} once -1 for "node"`, after its first word.
  private mutating func assumption() throws(Diagnostic) {
    let value = try use()
    guard let input = graph.inputs.firstIndex(of: value) else {
      throw fault("text-name", "only inputs of the graph can be assumed to hold something")
    }
    var accepted: [[Int]] = []
    try expect("{")
    while token != .punctuation("}") {
      accepted.append(try list { (parser) throws(Diagnostic) in try parser.integer() })
      if token != .punctuation("}") { try expect(",") }
    }
    try expect("}")
    var rule = InputAssumption.Rule.independent
    if try accept(word: "once") { rule = .atMostOnce(try integer()) }
    if try accept(word: "distinct") { rule = .distinct(modulo: try integer()) }
    try expect(word: "for")
    graph.assume(
      InputAssumption(input: input, accepted: accepted, rule: rule, node: try string()))
  }

  mutating func parameters(of block: BlockID) throws(Diagnostic) {
    try expect("(")
    while token != .punctuation(")") {
      let place = start
      guard case .value(let name) = token else { throw unexpected("% and a name") }
      try advance()
      try expect(":")
      let type = try type()
      try define(name, at: place) { graph in graph.addInput(name, type, to: block) }
      if token != .punctuation(")") { try expect(",") }
    }
    try expect(")")
  }

  mutating func block(_ block: BlockID, ending: String, depth: Int) throws(Diagnostic) {
    guard depth < Self.deepestNesting else {
      throw fault("text-syntax", "blocks are nested deeper than \(Self.deepestNesting)")
    }
    while token != .word(ending) { try statement(in: block, depth: depth) }
    try advance()
    var outputs: [ValueID] = []
    while case .value = token {
      outputs.append(try use())
      if try !accept(",") { break }
    }
    graph.setOutputs(outputs, of: block)
  }

  /// A value that was defined before.
  mutating func use() throws(Diagnostic) -> ValueID {
    guard case .value(let name) = token else { throw unexpected("% and a name") }
    guard let value = names[name] else {
      throw fault("text-name", "%\(name) is not defined before it is read here")
    }
    try advance()
    return value
  }

  mutating func define(
    _ name: String, at place: Int, _ add: (inout Graph) -> ValueID?
  ) throws(Diagnostic) {
    guard !name.isEmpty, names[name] == nil else {
      throw lexer.fault("text-name", "%\(name) is defined a second time", at: place)
    }
    names[name] = add(&graph)
  }
}
