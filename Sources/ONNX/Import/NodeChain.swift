@_spi(RawEditing) import CoppiceIR

/// Nodes that the file does not have, in the place of one that it has.
struct NodeChain {
  let draft: GraphDraft
  let folder: ValueFolder
  let call: ForeignCall
  let frame: Frame

  func constant(_ constant: Constant) -> ValueID {
    draft.addAdapted(constant, name: "\(call.name)/constant")
  }

  func scalar(_ value: Double, _ element: ElementType) -> ValueID {
    constant(.scalar(value, element))
  }

  /// Adds a node with one result, or the constant that it gives.
  func node(
    _ op: any Operator, _ operands: [ValueID?], name: String? = nil
  ) throws(DiagnosticMessage) -> ValueID {
    let graph = draft.graph
    let context = InferenceContext(
      operands: operands.map { $0.map { graph[$0].type } },
      known: operands.map { graph.constant($0) })
    let types = try op.inferTypes(context)
    let wanted = name.map(frame.name) ?? "\(call.name)/\(op.name)"
    if let folded = folder.fold(op, operands, context, types)?.first {
      return draft.addAdapted(folded, name: wanted)
    }
    let node = draft.graph.addNode(
      op, operands, types: types.prefix(1).map { $0 }, name: draft.graph.uniqueName(wanted),
      resultNames: [wanted], origin: Origin(index: call.index, type: call.type), in: frame.block)
    guard let result = draft.graph[node].result else {
      throw DiagnosticMessage("result-count", "\(op.name) gives no result")
    }
    return result
  }

  func cast(_ value: ValueID, _ element: ElementType) throws(DiagnosticMessage) -> ValueID {
    if draft.graph[value].type.element == element { return value }
    return try node(CastLike(), [value, scalar(0, element)])
  }

  func reshaped(_ value: ValueID, _ shape: [Int]) throws(DiagnosticMessage) -> ValueID {
    if draft.graph[value].type.shape == shape { return value }
    return try node(Reshape(), [value, constant(.indices(shape))])
  }

  /// Each head several times.
  func repeated(_ value: ValueID, _ count: Int) throws(DiagnosticMessage) -> ValueID {
    if count == 1 { return value }
    let shape = draft.graph[value].type.shape
    let apart = try reshaped(value, [shape[0], shape[1], 1, shape[2], shape[3]])
    let wide = constant(.indices([shape[0], shape[1], count, shape[2], shape[3]]))
    return try reshaped(
      try node(Expand(), [apart, wide]), [shape[0], shape[1] * count, shape[2], shape[3]])
  }
}
