/// Writes the text form.
struct GraphPrinter {
  let graph: Graph
  let options: TextOptions
  var out = ""
  private var depth = 0

  init(graph: Graph, options: TextOptions) {
    self.graph = graph
    self.options = options
  }

  mutating func printGraph() {
    out += "graph @\(textName(graph.name))(\(parameters(graph.inputs)))"
    if graph.opset != 28 { out += " opset \(graph.opset)" }
    if options.showsHistory, !graph.source.isEmpty { out += " source \(quoted(graph.source))" }
    out += " {\n"
    depth = 1
    for assumption in graph.assumptions { line(assumptionText(assumption)) }
    for names in graph.outputNames {
      let list = names.names.map { names.areNumbers ? $0 : quoted($0) }.joined(separator: ", ")
      line("names \(names.output) \(names.place.rawValue) {\(list)}")
    }
    for value in graph.constantValues {
      guard let constant = graph.constant(value) else { continue }
      line("\(name(value)) = \(constantText(constant))")
    }
    printBlock(graph.body, ending: "return")
    out += "}\n"
  }

  private mutating func line(_ text: String) {
    out += String(repeating: "  ", count: depth) + text + "\n"
  }

  private mutating func printBlock(_ block: BlockID, ending: String) {
    for id in graph[block].nodes { printNode(id) }
    let outputs = graph[block].outputs.map(name).joined(separator: ", ")
    line(outputs.isEmpty ? ending : "\(ending) \(outputs)")
  }

  private mutating func printNode(_ id: NodeID) {
    let node = graph[id]
    let schema = type(of: node.op).schema
    var text = node.results.map(name).joined(separator: ", ")
    if !text.isEmpty { text += " = " }
    text += (schema.domain.isEmpty ? "" : schema.domain + ".") + schema.name
    text += "(\(node.operands.map(name).joined(separator: ", ")))"
    text += attributes(node.op.attributes)
    let types = node.results.map { $0.map { typeText(graph[$0].type) } ?? "_" }
    if !types.isEmpty { text += " : \(types.joined(separator: ", "))" }
    if options.showsHistory { text += history(node) }
    guard !node.blocks.isEmpty else { return line(text) }
    for (index, block) in node.blocks.enumerated() {
      let head = "(\(parameters(graph[block].inputs))) {"
      line(index == 0 ? "\(text) \(head)" : "} \(head)")
      depth += 1
      printBlock(block, ending: "yield")
      depth -= 1
    }
    line("}")
  }

  private func history(_ node: Node) -> String {
    var text = ""
    let first = node.result.map { graph[$0].name }
    if node.name != first || node.origin != Origin(index: -1, type: node.op.name) {
      text += " loc(\(quoted(node.name)), \(node.origin.index), \(quoted(node.origin.type)))"
    }
    if !node.trail.isEmpty { text += " trail(\(node.trail.map(quoted).joined(separator: ", ")))" }
    return text
  }

  private func assumptionText(_ assumption: InputAssumption) -> String {
    var text = "assume %\(textName(graph[graph.inputs[assumption.input]].name)) {"
    text += assumption.accepted.map { "\($0)" }.joined(separator: ", ") + "}"
    switch assumption.rule {
    case .independent: break
    case .atMostOnce(let value): text += " once \(value)"
    case .distinct(let modulus): text += " distinct \(modulus)"
    }
    return "\(text) for \(quoted(assumption.node))"
  }

  private func parameters(_ values: [ValueID]) -> String {
    values.map { "\(name($0)): \(typeText(graph[$0].type))" }.joined(separator: ", ")
  }

  private func name(_ value: ValueID?) -> String {
    value.map { "%" + textName(graph[$0].name) } ?? "_"
  }
}

/// A name as it stands after `%` or `@`.
func textName(_ name: String) -> String {
  let isPlain = !name.isEmpty && name.utf8.allSatisfy(isNameByte) && !name.contains("//")
  return isPlain ? name : quoted(name)
}

func isNameByte(_ byte: UInt8) -> Bool { isWordByte(byte) || byte == UInt8(ascii: "/") }

func isWordByte(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
    UInt8(ascii: "-"), UInt8(ascii: "+"):
    true
  default: false
  }
}

/// A text in quotes; control characters, quotes and backslashes are escaped.
func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case _ where scalar.value < 32 || scalar.value == 127:
      result += "\\u{\(String(scalar.value, radix: 16))}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
