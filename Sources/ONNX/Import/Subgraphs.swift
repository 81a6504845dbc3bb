import COnnx
@_spi(RawEditing) import CoppiceIR

extension ForeignCall {
  /// The subgraphs: of If the chosen branch first, of others in the order of their attributes.
  var subgraphs: [UnsafeMutablePointer<GraphProto>] {
    let names = attributes.keys.sorted { left, right in
      (left == "then_branch" ? 0 : 1, left) < (right == "then_branch" ? 0 : 1, right)
    }
    return names.flatMap { name in attributes[name].map(CoppiceONNX.subgraphs) ?? [] }
  }
}

extension ModelReader {
  /// Adds a node with its subgraphs as blocks.
  func readNested(
    _ op: any Operator, _ graphs: [UnsafeMutablePointer<GraphProto>], _ call: ForeignCall,
    _ operands: [ValueID?], _ foreign: ForeignNode, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) {
    let unknown = TensorType(.bool, [])
    let node = graph.addNode(
      op, operands, types: call.outputs.map { $0.isEmpty ? nil : unknown }, name: call.name,
      resultNames: call.outputs.map(frame.name),
      origin: Origin(index: call.index, type: call.type), in: frame.block)
    var context = context(operands, call, scope)
    for body in graphs {
      let block = graph.addBlock(to: node)
      let outputs = try readBlock(body, block, scope, frame)
      graph.setOutputs(outputs, of: block)
      context.blockResults.append(outputs.map { graph[$0].type })
    }
    let types = try resultTypes(op, context, call)
    for (result, type) in zip(graph[node].results, types) {
      if let result, let type { graph.setType(result, type) }
    }
    define(graph[node].results, call, op, operands, foreign, scope)
  }

  private func readBlock(
    _ body: UnsafeMutablePointer<GraphProto>, _ block: BlockID, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) -> [ValueID] {
    let inner = Scope(parent: scope, types: declaredTypes(body))
    var frame = frame
    frame.block = block
    readInitializers(body, inner)
    let inputs = messages(body.pointee.input, body.pointee.n_input)
    for input in inputs {
      let name = text(input.pointee.name)
      if inner.isInitializer(name) { continue }
      guard let type = staticType(input) else {
        throw DiagnosticMessage(
          "subgraph-input", "the type of input '\(name)' of the subgraph is not known")
      }
      let value = graph.addInput(frame.name(name), type, to: block)
      define(name, .value(value), in: inner, what: "input")
    }
    readNodes(messages(body.pointee.node, body.pointee.n_node), inner, frame)
    return try blockOutputs(body, inner)
  }

  func blockOutputs(
    _ body: UnsafeMutablePointer<GraphProto>, _ inner: Scope
  ) throws(DiagnosticMessage) -> [ValueID] {
    var outputs: [ValueID] = []
    for output in messages(body.pointee.output, body.pointee.n_output) {
      let name = text(output.pointee.name)
      guard case .value(let value)? = inner.find(name) else {
        throw DiagnosticMessage("subgraph-output", "the subgraph cannot yield '\(name)'")
      }
      outputs.append(value)
    }
    return outputs
  }

  /// Reads only the branch of an If that is taken, when the condition is known.
  func readConditional(
    _ call: ForeignCall, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) -> Bool {
    guard let branch = takenBranch(call.proto, scope) else { return false }
    let inner = Scope(parent: scope, types: declaredTypes(branch))
    readInitializers(branch, inner)
    var frame = frame
    for (output, name) in zip(
      messages(branch.pointee.output, branch.pointee.n_output), call.outputs)
    where !name.isEmpty { frame.renamed[text(output.pointee.name)] = frame.name(name) }
    readNodes(messages(branch.pointee.node, branch.pointee.n_node), inner, frame)
    defineResults(call, try blockOutputs(branch, inner), scope)
    return true
  }

  /// The branch of an If whose condition is known.
  func takenBranch(
    _ node: UnsafeMutablePointer<NodeProto>, _ scope: Scope
  ) -> UnsafeMutablePointer<GraphProto>? {
    guard text(node.pointee.op_type) == "If",
      Self.normalized(text(node.pointee.domain)).isEmpty,
      let name = texts(node.pointee.input, node.pointee.n_input).first,
      case .value(let condition)? = scope.find(name), let constant = graph.constant(condition),
      constant.type.element == .bool, let taken = constant.integers?.first
    else { return nil }
    let wanted = taken != 0 ? "then_branch" : "else_branch"
    let attributes = messages(node.pointee.attribute, node.pointee.n_attribute)
    return attributes.first { text($0.pointee.name) == wanted }?.pointee.g
  }
}
