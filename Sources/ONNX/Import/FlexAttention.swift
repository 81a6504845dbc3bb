import COnnx
@_spi(RawEditing) import CoppiceIR

extension ModelReader {
  /// Reads FlexAttention as products, Softmax and the bodies that change scores and weights.
  ///
  /// - Returns: Whether the node is one.
  func readFlexAttention(
    _ call: ForeignCall, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) -> Bool {
    guard Self.isFlexAttention(call) else { return false }
    let operands = call.operands.compactMap { $0 }
    guard operands.count == 3, call.operands.count == 3, call.outputs.count == 1 else {
      throw DiagnosticMessage("attention-shape", "FlexAttention takes Q, K and V")
    }
    let shapes = operands.map { graph[$0].type.shape }
    let elements = operands.map { graph[$0].type.element }
    guard shapes.allSatisfy({ $0.count == 4 }), shapes[0][3] > 0, shapes[1][1] > 0,
      shapes[0][1] % shapes[1][1] == 0, elements.allSatisfy({ $0.isFloat })
    else {
      throw DiagnosticMessage(
        "attention-shape", "Q, K and V must have four axes, and as many or fewer heads in K and V",
        notes: zip(shapes, elements).map { "\(TensorType($1, $0))" })
    }
    let chain = NodeChain(reader: self, call: call, frame: frame)
    let wanted = call.attributes["softmax_precision"].map { Int($0.pointee.i) }
    let fallback = ElementType.float64 == elements[0] ? ElementType.float64 : .float32
    guard let precision = wanted.map({ ElementType(onnx: $0) }) ?? fallback else {
      throw DiagnosticMessage("element-type", "softmax_precision is not known")
    }
    let repeats = shapes[0][1] / shapes[1][1]
    let keys = try chain.repeated(operands[1], repeats)
    let values = try chain.repeated(operands[2], repeats)
    let turned = try chain.node(Transpose(attributes: ["perm": .ints([0, 1, 3, 2])]), [keys])
    var scores = try chain.cast(try chain.node(MatMul(), [operands[0], turned]), precision)
    let scale = call.attributes["scale"]?.pointee.f ?? 1 / Float(shapes[0][3]).squareRoot()
    scores = try chain.node(Mul(), [scores, chain.scalar(Double(scale), precision)])
    scores = try changed(scores, by: "score_mod", call, scope, frame)
    var weights = try chain.node(Softmax(attributes: ["axis": .int(-1)]), [scores])
    weights = try changed(weights, by: "prob_mod", call, scope, frame)
    weights = try chain.cast(weights, elements[2])
    let result = try chain.node(
      MatMul(), [weights, values], name: call.outputs[0].isEmpty ? nil : call.outputs[0])
    defineResults(call, [result], scope)
    return true
  }

  static func isFlexAttention(_ call: ForeignCall) -> Bool {
    call.domain == "ai.onnx.preview" && call.type == "FlexAttention"
  }

  /// A value as a body among the attributes changes it.
  private func changed(
    _ value: ValueID, by name: String, _ call: ForeignCall, _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) -> ValueID {
    guard let body = call.attributes[name]?.pointee.g else { return value }
    let results = try inlined(body, [value], call, scope, frame)
    guard results.count == 1, graph[results[0]].type == graph[value].type else {
      throw DiagnosticMessage(
        "attention-body", "\(name) must give what it takes, in shape and type")
    }
    return results[0]
  }

  /// The nodes of a body in the place of a node, its inputs being given.
  func inlined(
    _ body: UnsafeMutablePointer<GraphProto>, _ operands: [ValueID], _ call: ForeignCall,
    _ scope: Scope, _ frame: Frame
  ) throws(DiagnosticMessage) -> [ValueID] {
    let inner = Scope(parent: scope, types: declaredTypes(body))
    readInitializers(body, inner)
    let inputs = messages(body.pointee.input, body.pointee.n_input).map { text($0.pointee.name) }
      .filter { !inner.isInitializer($0) }
    guard inputs.count == operands.count else {
      throw DiagnosticMessage(
        "subgraph-input", "a body takes \(inputs.count) values, but \(operands.count) are given")
    }
    var frame = frame
    frame.prefix = uniquePrefix(call.name)
    frame.renamed = [:]
    for (name, value) in zip(inputs, operands) {
      define(name, .value(value), in: inner, what: "input")
    }
    let faults = diagnostics.count(where: { $0.severity == .error })
    readNodes(messages(body.pointee.node, body.pointee.n_node), inner, frame)
    guard diagnostics.count(where: { $0.severity == .error }) == faults else {
      throw DiagnosticMessage(
        "subgraph-body", "a body of \(call.type) cannot be compiled, as said above")
    }
    return try blockOutputs(body, inner)
  }
}

/// Nodes that the file does not have, in the place of one that it has.
struct NodeChain {
  let reader: ModelReader
  let call: ForeignCall
  let frame: Frame

  func constant(_ constant: Constant) -> ValueID {
    let value = reader.graph.addConstant(constant, name: "\(call.name)/constant")
    reader.provenance.constants[reader.graph[value].name] = (.adapted, constant)
    return value
  }

  func scalar(_ value: Double, _ element: ElementType) -> ValueID {
    constant(.scalar(value, element))
  }

  /// Adds a node with one result, or the constant that it gives.
  func node(
    _ op: any Operator, _ operands: [ValueID?], name: String? = nil
  ) throws(DiagnosticMessage) -> ValueID {
    let graph = reader.graph
    let context = InferenceContext(
      operands: operands.map { $0.map { graph[$0].type } },
      known: operands.map { graph.constant($0) })
    let types = try op.inferTypes(context)
    let wanted = name.map(frame.name) ?? "\(call.name)/\(op.name)"
    if let folded = reader.fold(op, operands, context, types)?.first {
      let value = reader.graph.addConstant(folded, name: wanted)
      reader.provenance.constants[reader.graph[value].name] = (.adapted, folded)
      return value
    }
    let node = reader.graph.addNode(
      op, operands, types: types.prefix(1).map { $0 }, name: reader.graph.uniqueName(wanted),
      resultNames: [wanted], origin: Origin(index: call.index, type: call.type), in: frame.block)
    guard let result = reader.graph[node].result else {
      throw DiagnosticMessage("result-count", "\(op.name) gives no result")
    }
    return result
  }

  func cast(_ value: ValueID, _ element: ElementType) throws(DiagnosticMessage) -> ValueID {
    if reader.graph[value].type.element == element { return value }
    return try node(CastLike(), [value, scalar(0, element)])
  }

  func reshaped(_ value: ValueID, _ shape: [Int]) throws(DiagnosticMessage) -> ValueID {
    if reader.graph[value].type.shape == shape { return value }
    return try node(Reshape(), [value, constant(.indices(shape))])
  }

  /// Each head several times.
  func repeated(_ value: ValueID, _ count: Int) throws(DiagnosticMessage) -> ValueID {
    if count == 1 { return value }
    let shape = reader.graph[value].type.shape
    let apart = try reshaped(value, [shape[0], shape[1], 1, shape[2], shape[3]])
    let wide = constant(.indices([shape[0], shape[1], count, shape[2], shape[3]]))
    return try reshaped(
      try node(Expand(), [apart, wide]), [shape[0], shape[1] * count, shape[2], shape[3]])
  }
}
