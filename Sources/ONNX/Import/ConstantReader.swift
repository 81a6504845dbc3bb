import COnnx
@_spi(RawEditing) import CoppiceIR

/// Reads what a file holds as constants: initializers and Constant nodes.
struct ConstantReader {
  let tensors: TensorReader
  let draft: GraphDraft
  let log: ImportLog

  func readInitializers(_ graphProto: UnsafeMutablePointer<GraphProto>, _ scope: Scope) {
    for tensor in messages(graphProto.pointee.initializer, graphProto.pointee.n_initializer) {
      let name = text(tensor.pointee.name)
      readConstant(name, .initializer(tensor), scope) { () throws(DiagnosticMessage) in
        try tensors.constant(tensor)
      }
    }
    let sparse = graphProto.pointee.sparse_initializer
    for tensor in messages(sparse, graphProto.pointee.n_sparse_initializer) {
      let name = text(tensor.pointee.values?.pointee.name)
      readConstant(name, .sparse(tensor), scope) { () throws(DiagnosticMessage) in
        try tensors.constant(tensor)
      }
    }
  }

  private func readConstant(
    _ name: String, _ source: Provenance.ConstantSource, _ scope: Scope,
    _ read: () throws(DiagnosticMessage) -> Constant
  ) {
    do {
      let (value, constant) = draft.addConstant(try read(), name: name)
      draft.provenance.constants[draft.graph[value].name] = (source, constant)
      scope.define(name, .value(value), what: "initializer", log)
    } catch {
      log.report(error.id, error.text)
      scope.define(name, .poisoned(nil), what: "initializer", log)
    }
    scope.initializers.insert(name)
  }

  /// A Constant node is a constant from here on.
  func readNode(
    _ call: ForeignCall, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) {
    guard let output = call.outputs.first, !output.isEmpty, call.outputs.count == 1 else {
      throw DiagnosticMessage("constant-node", "a Constant node has one result")
    }
    let (value, constant) = draft.addConstant(try constantValue(call), name: frame.name(output))
    let name = draft.graph[value].name
    draft.provenance.constants[name] = (.node(name), constant)
    draft.provenance.nodes[name] = Provenance.NodeSource(
      proto: call.proto, name: call.name, op: "Constant", attributes: [:], operands: [],
      fileOperands: [],
      trimmed: [:], moved: [:], references: call.references, domain: "", opset: call.opset)
    scope.defineResults(call, [value], log)
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
