import COnnx
@_spi(RawEditing) import CoppiceIR

extension ModelReader {
  /// A Constant node is a constant from here on.
  func readConstantNode(
    _ call: ForeignCall, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) {
    guard let output = call.outputs.first, !output.isEmpty, call.outputs.count == 1 else {
      throw DiagnosticMessage("constant-node", "a Constant node has one result")
    }
    let (constant, isText) = withoutTexts(try constantValue(call))
    let value = graph.addConstant(constant, name: frame.name(output))
    if isText { words.values.insert(value) }
    let name = graph[value].name
    provenance.constants[name] = (.node(name), constant)
    provenance.nodes[name] = Provenance.NodeSource(
      proto: call.proto, name: call.name, op: "Constant", attributes: [:], operands: [],
      fileOperands: [],
      trimmed: [:], moved: [:], references: call.references, domain: "", opset: call.opset)
    defineResults(call, [value], scope)
  }

  private func constantValue(_ call: ForeignCall) throws(DiagnosticMessage) -> Constant {
    let names = [
      "value", "sparse_value", "value_int", "value_ints", "value_float", "value_floats",
      "value_string", "value_strings",
    ]
    let given = names.filter { call.attributes[$0] != nil }
    guard given.count == 1, let name = given.first, let proto = call.attributes[name],
      let attribute = try tensors.attribute(proto)
    else {
      throw DiagnosticMessage("constant-node", "a Constant node has one of its value attributes")
    }
    switch attribute {
    case .tensor(let constant): return constant
    case .int(let value): return Constant([Int64(value)], .int64, [])
    case .ints(let values): return .indices(values)
    case .float(let value): return Constant([value], .float32, [])
    case .floats(let values): return Constant(values, .float32, [values.count])
    case .string(let value): return Constant(Array(value.utf8) + [0], .string, [])
    case .strings(let values):
      return Constant(values.flatMap { Array($0.utf8) + [0] }, .string, [values.count])
    }
  }
}
