import CoppiceIR

extension FilterAnalysis {
  /// The real numbers of a weight that is a float constant, dequantized from a constant, or read as integers.
  func weight(_ id: NodeID, _ operand: Int = 1) -> (value: ValueID, constant: Constant)? {
    guard let value = graph[id].operand(operand), let constant = realConstant(value) else {
      return nil
    }
    return (value, constant)
  }

  func realConstant(_ value: ValueID) -> Constant? {
    if let constant = graph.constant(value) {
      if let own = integers[value] { return own.real(constant) }
      let element = constant.type.element
      return element == .float32 || element == .float64 ? constant : nil
    }
    guard let node = dequantized(value) else { return nil }
    let context = graph.inferenceContext(node)
    return (try? Interpreter.evaluate(op: graph[node].op, context: context))?.first
  }

  /// The node that dequantizes a constant for one reader, if a stored 0 stands for zero.
  func dequantized(_ value: ValueID?) -> NodeID? {
    guard let value, let id = graph.producer(value), graph[id].op is DequantizeLinear,
      uses[value].count == 1, graph[id].op.settings.int("block_size") == 0,
      graph[id].operands.allSatisfy({ $0 == nil || graph.constant($0) != nil })
    else { return nil }
    let zero = graph.constant(graph[id].operand(2))?.integers ?? []
    return zero.allSatisfy { $0 == 0 } ? id : nil
  }

  /// Scales and zero points along the axis of the channels follow them.
  mutating func sliceScales(_ id: NodeID, axis: Int, _ units: [Int]) {
    guard let data = graph[id].operand(0),
      let own = try? normalizedAxis(
        graph[id].op.settings.int("axis"), rank: graph[data].type.rank), own == axis
    else { return }
    for operand in 1...2 {
      guard let value = graph[id].operand(operand), graph[value].type.shape == [units.count] else {
        continue
      }
      slices.append(
        ChannelSlice(node: id, operand: operand, axis: 0, units: units, isMasked: false))
    }
  }

  /// Zero stays the number that stands for zero.
  mutating func quantize(_ id: NodeID) {
    let node = graph[id]
    let isConstant = node.operands.dropFirst().allSatisfy {
      $0 == nil || graph.constant($0) != nil
    }
    guard isConstant, node.op.settings.int("block_size") == 0, let value = node.operand(0),
      let found = labels[value]
    else { return refuse(operandsOf: id, "quantizes it by computed or blocked scales") }
    sliceScales(id, axis: found.axis, found.units)
    setLabels(id, found.axis, found.units, isZero: found.isZero)
  }

  /// Whether masked channels of a value would not be the number 0.
  func isQuantized(_ value: ValueID?) -> Bool {
    guard let value, labels[value] != nil else { return false }
    return graph[value].type.element.isInteger
  }
}
