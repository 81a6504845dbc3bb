import COnnx
@_spi(RawEditing) import CoppiceIR

/// Reads the bodies that nodes hold.
struct BlockReader {
  let constants: ConstantReader
  let draft: GraphDraft
  let log: ImportLog
  unowned let bodies: any BodyReader

  /// Reads a body into a block of a node.
  func readBlock(
    _ body: UnsafeMutablePointer<GraphProto>, _ block: BlockID, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) -> [ValueID] {
    let inner = Scope(parent: scope, types: declaredTypes(body))
    var frame = frame
    frame.block = block
    constants.readInitializers(body, inner)
    let inputs = messages(body.pointee.input, body.pointee.n_input)
    for input in inputs {
      let name = text(input.pointee.name)
      if inner.isInitializer(name) { continue }
      guard let type = staticType(input) else {
        throw DiagnosticMessage(
          "subgraph-input", "the type of input '\(name)' of the subgraph is not known")
      }
      let value = draft.graph.addInput(frame.name(name), type, to: block)
      inner.define(name, .value(value), what: "input", log)
    }
    bodies.readNodes(messages(body.pointee.node, body.pointee.n_node), inner, frame)
    return try blockOutputs(body, inner)
  }

  /// The values that a body yields.
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
    constants.readInitializers(branch, inner)
    var frame = frame
    for (output, name) in zip(
      messages(branch.pointee.output, branch.pointee.n_output), call.outputs)
    where !name.isEmpty { frame.renamed[text(output.pointee.name)] = frame.name(name) }
    bodies.readNodes(messages(branch.pointee.node, branch.pointee.n_node), inner, frame)
    scope.defineResults(call, try blockOutputs(branch, inner), log)
    return true
  }

  /// The nodes of a body in the place of a node, its inputs being given.
  func inlined(
    _ body: UnsafeMutablePointer<GraphProto>, _ operands: [ValueID], _ call: ForeignCall,
    _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) -> [ValueID] {
    let inner = Scope(parent: scope, types: declaredTypes(body))
    constants.readInitializers(body, inner)
    let inputs = messages(body.pointee.input, body.pointee.n_input).map { text($0.pointee.name) }
      .filter { !inner.isInitializer($0) }
    guard inputs.count == operands.count else {
      throw DiagnosticMessage(
        "subgraph-input", "a body takes \(inputs.count) values, but \(operands.count) are given")
    }
    var frame = frame
    frame.prefix = draft.uniquePrefix(call.name)
    frame.renamed = [:]
    for (name, value) in zip(inputs, operands) {
      inner.define(name, .value(value), what: "input", log)
    }
    let faults = log.faults
    bodies.readNodes(messages(body.pointee.node, body.pointee.n_node), inner, frame)
    guard log.faults == faults else {
      throw DiagnosticMessage(
        "subgraph-body", "a body of \(call.type) cannot be compiled, as said above")
    }
    return try blockOutputs(body, inner)
  }

  /// The branch of an If whose condition is known.
  func takenBranch(
    _ node: UnsafeMutablePointer<NodeProto>, _ scope: Scope
  ) -> UnsafeMutablePointer<GraphProto>? {
    guard text(node.pointee.op_type) == "If",
      Declarations.normalized(text(node.pointee.domain)).isEmpty,
      let name = texts(node.pointee.input, node.pointee.n_input).first,
      case .value(let condition)? = scope.find(name),
      let constant = draft.graph.constant(condition),
      constant.type.element == .bool, let taken = constant.integers?.first
    else { return nil }
    let wanted = taken != 0 ? "then_branch" : "else_branch"
    let attributes = messages(node.pointee.attribute, node.pointee.n_attribute)
    return attributes.first { text($0.pointee.name) == wanted }?.pointee.g
  }
}
