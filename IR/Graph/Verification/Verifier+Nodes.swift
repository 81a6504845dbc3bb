extension Verifier {
  /// Every value is defined before it is read, in its block or one around it.
  mutating func checkUses() {
    var visible: Set<ValueID> = []
    checkUses(in: graph.body, &visible)
  }

  private mutating func checkUses(in block: BlockID, _ visible: inout Set<ValueID>) {
    visible.formUnion(graph[block].inputs)
    var defined: [ValueID] = graph[block].inputs
    for id in graph[block].nodes {
      for (index, value) in graph[id].operands.enumerated() {
        if let value { checkUse(value, visible, "operand \(index)", at: id) }
      }
      for inner in graph[id].blocks { checkUses(in: inner, &visible) }
      let results = graph[id].results.compactMap { $0 }
      visible.formUnion(results)
      defined += results
    }
    for (index, value) in graph[block].outputs.enumerated() {
      checkUse(value, visible, "output \(index) of the block", at: graph[block].owner)
    }
    visible.subtract(defined)
  }

  private mutating func checkUse(
    _ value: ValueID, _ visible: Set<ValueID>, _ what: String, at node: NodeID?
  ) {
    let name = graph[value].name
    switch graph[value].definition {
    case .constant: return
    case .none:
      report(
        "use",
        "\(what) is %\(name.isEmpty ? String(value.index) : name), which is not defined any more",
        at: node)
    case .input, .node:
      if !visible.contains(value) {
        report("use", "\(what) is %\(name), which is not defined before it is read here", at: node)
      }
    }
  }

  /// Arity, types and the shape of fused nodes.
  mutating func check(_ id: NodeID) {
    let node = graph[id]
    checkArity(type(of: node.op).schema, node, id)
    if node.op is Fused { checkFused(node, id) }
    let inferred: [TensorType]
    do {
      try type(of: node.op).schema.check(node.op.attributes)
      inferred = try node.op.inferTypes(graph.inferenceContext(id))
    } catch {
      found.append(Diagnostic(.error, error, at: graph.location(id)))
      return
    }
    for (index, result) in node.results.enumerated() {
      guard let result else { continue }
      let type = graph[result].type
      guard index < inferred.count else {
        report("type", "\(node.op.name) has \(inferred.count) results, not \(index + 1)", at: id)
        continue
      }
      if inferred[index].shape != type.shape || inferred[index].element != type.element {
        report(
          "type",
          "%\(graph[result].name) is \(type), but \(node.op.name) gives \(inferred[index])", at: id)
      }
    }
  }

  private mutating func checkArity(_ schema: OperatorSchema, _ node: Node, _ id: NodeID) {
    if !schema.isVariadic, node.operands.count > schema.operands.count {
      let limit = schema.operands.count
      report("arity", "\(schema.name) takes \(limit) operands, not \(node.operands.count)", at: id)
    }
    for (index, operand) in schema.operands.enumerated()
    where operand.arity == .required && node.operand(index) == nil {
      report("arity", "\(schema.name) needs its operand \(index), \(operand.name)", at: id)
    }
    if schema.results.last?.arity != .variadic, node.results.count > schema.results.count {
      let limit = schema.results.count
      report("arity", "\(schema.name) has \(limit) results, not \(node.results.count)", at: id)
    }
  }

  private mutating func checkFused(_ node: Node, _ id: NodeID) {
    guard node.operands.isEmpty, node.results.count == 1, node.blocks.count == 1,
      let block = node.blocks.first, graph[block].inputs.isEmpty, graph[block].outputs.count == 1,
      let last = graph[block].nodes.last
    else {
      let shape = "no operands, one result, and one block without inputs that yields one value"
      return report("fused", "a fused node has \(shape)", at: id)
    }
    if graph[block].outputs != [graph[last].result] {
      report("fused", "a fused block yields the result of its last node", at: id)
    }
    let chain = graph[block].nodes
    for (inner, next) in zip(chain, chain.dropFirst()) {
      guard let result = graph[inner].result, graph[inner].results.count == 1,
        uses[result].count == 1, uses.users(result) == [next]
      else {
        report("fused", "each node of a fused chain feeds the next one only, once", at: inner)
        continue
      }
    }
  }
}
