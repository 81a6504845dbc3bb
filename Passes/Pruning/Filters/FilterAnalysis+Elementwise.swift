import CoppiceIR

extension FilterAnalysis {
  /// Channels of all operands go together after broadcasting; constants are cut along.
  mutating func elementwise(_ id: NodeID) {
    let node = graph[id]
    guard let result = node.result else { return }
    let shape = graph[result].type.shape
    var axis: Int?
    var units: [Int] = []
    for value in node.operands {
      guard let value, let own = labels[value] else { continue }
      let place = own.axis + shape.count - graph[value].type.rank
      guard axis == nil || axis == place, own.units.count == shape[place] else {
        return refuse(operandsOf: id, "combines values whose channels lie on different axes")
      }
      if axis != nil {
        couple(units, own.units, reason(id, "combines it with a value that is not pruned"))
      } else {
        (axis, units) = (place, own.units)
      }
    }
    guard let axis else { return }
    if !shape.isEmpty, node.operands.contains(where: isQuantized) {
      return refuse(operandsOf: id, "computes on quantized channels")
    }
    let isSum = node.op is Add || node.op is Sub || node.op is Sum
    var addends = isSum
    for (index, value) in node.operands.enumerated() {
      guard let value, labels[value] == nil else { continue }
      let own = axis - (shape.count - graph[value].type.rank)
      let extent = own >= 0 ? graph[value].type.shape[own] : 1
      if extent == 1 {
        addends = false
      } else if graph.constant(value) != nil || dequantized(value) != nil {
        slice(id, index, axis: own, units, isMasked: isSum)
      } else {
        let text = unfolded(
          id, [index], otherwise: "combines it with a value that is not pruned")
        for unit in units { forest.refuse(unit, reason(id, text)) }
      }
    }
    finish(id, axis, units, hasOnlyCutAddends: addends)
  }

  private mutating func finish(
    _ id: NodeID, _ axis: Int, _ units: [Int], hasOnlyCutAddends: Bool
  ) {
    let node = graph[id]
    let own = node.operands.compactMap { $0.flatMap { labels[$0] } }
    let allZero = own.allSatisfy(\.isZero)
    let someZero = own.contains(where: \.isZero)
    if hasOnlyCutAddends { return setLabels(id, axis, units, isZero: allZero) }
    if node.op is Mul { return setLabels(id, axis, units, isZero: someZero) }
    guard allZero else { return setLabels(id, axis, units, isZero: false) }
    guard let values = valuesAtZero(id) else {
      let divides = node.op is Div && node.operand(0).map { labels[$0] != nil } == true
      return setLabels(id, axis, units, isZero: divides)
    }
    guard values.allSatisfy(\.isFinite) || feedsSoftmax(id) else {
      return refuse(operandsOf: id, "gives no finite number for a channel of zeros")
    }
    setLabels(id, axis, units, isZero: values.allSatisfy { $0 == 0 })
  }

  /// Whether nothing but a softmax reads the result, for which minus infinity is a mask.
  private func feedsSoftmax(_ id: NodeID) -> Bool {
    guard let result = graph[id].result else { return false }
    return uses[result].allSatisfy { use in
      guard case .operand(let node, _) = use else { return false }
      return graph[node].op is Softmax
    }
  }

  /// What the operator gives where the channels are zero; `nil` when it reads other computed values.
  private func valuesAtZero(_ id: NodeID) -> [Double]? {
    var context = graph.inferenceContext(id)
    for (index, value) in graph[id].operands.enumerated() {
      guard let value else { continue }
      if labels[value] != nil {
        let zero = Constant.scalar(0, graph[value].type.element)
        context.operands[index] = zero.type
        context.known[index] = zero
      } else if graph.constant(value) == nil {
        guard let constant = realConstant(value) else { return nil }
        context.known[index] = constant
      }
    }
    return (try? Interpreter.evaluate(op: graph[id].op, context: context))?.first?.numbers
  }
}
