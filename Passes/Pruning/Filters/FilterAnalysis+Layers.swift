import CoppiceIR

extension FilterAnalysis {
  mutating func convolution(_ id: NodeID, group: Int, _ operands: LayerOperands = .real) {
    guard let (value, constant) = weight(id, operands.weight) else {
      return refuse(
        operandsOf: id,
        unfolded(id, [operands.weight], otherwise: "has no constant weights"))
    }
    let (filters, perGroup) = (constant.type.shape[0], constant.type.shape[1])
    let input = channels(operands.input, of: id, axis: 1)
    if group > 1, perGroup == 1 {
      return depthwise(id, value, input, multiplier: filters / group, operands)
    }
    let refusal = reason(id, "has groups that would keep different numbers of channels")
    if let input {
      for index in input.units.indices where index >= perGroup {
        forest.couple(input.units[index % perGroup], input.units[index], otherwise: refusal)
      }
      readSlice(id, axis: 1, input, Array(input.units.prefix(perGroup)), operands)
    }
    let units = filterUnits(id, value, axis: 0)
    let part = max(filters / group, 1)
    for index in units.indices where index >= part {
      forest.couple(units[index % part], units[index], otherwise: refusal)
    }
    finish(id, units, operands)
  }

  private mutating func finish(_ id: NodeID, _ units: [Int], _ operands: LayerOperands) {
    filterSlice(id, axis: 0, units, operands)
    let isZero = bias(id, operands.bias, units)
    setLabels(id, 1, units, isZero: isZero && (operands.grid.isEmpty || keepsZeroPoint(id)))
  }

  /// Each channel has filters of its own, which go with it.
  private mutating func depthwise(
    _ id: NodeID, _ weight: ValueID, _ input: ChannelLabels?, multiplier: Int,
    _ operands: LayerOperands
  ) {
    guard let input else { return }
    let units = input.units.flatMap { Array(repeating: $0, count: multiplier) }
    addLayer(id, weight, 0, units)
    counts[id] = ["group": input.units]
    finish(id, units, operands)
  }

  /// Weights are inputs x filters for each group.
  mutating func transposedConvolution(_ id: NodeID, group: Int) {
    guard let (value, constant) = weight(id) else {
      return refuse(
        operandsOf: id, unfolded(id, [1], otherwise: "has no constant weights"))
    }
    let (inputs, part) = (constant.type.shape[0], constant.type.shape[1])
    let input = channels(0, of: id, axis: 1)
    if group > 1, inputs == group {
      guard let input else { return }
      let units = input.units.flatMap { Array(repeating: $0, count: part) }
      addLayer(id, value, 0, input.units)
      counts[id] = ["group": input.units]
      slice(id, 1, axis: 0, input.units, isMasked: true)
      return setLabels(id, 1, units, isZero: bias(id, 2, units))
    }
    let refusal = reason(id, "has groups that would keep different numbers of channels")
    if let input {
      let perGroup = max(inputs / group, 1)
      for index in input.units.indices where index >= perGroup {
        forest.couple(input.units[index % perGroup], input.units[index], otherwise: refusal)
      }
      readSlice(id, axis: 0, input, input.units)
    }
    let units = filterUnits(id, value, axis: 1)
    slice(id, 1, axis: 1, units, isMasked: true)
    let all = (0..<group).flatMap { _ in units }
    setLabels(id, 1, all, isZero: bias(id, 2, all))
  }

  mutating func gemm(_ id: NodeID, _ op: Gemm) {
    guard let (value, _) = weight(id) else {
      return refuse(
        operandsOf: id, unfolded(id, [1], otherwise: "has no constant weights"))
    }
    if let input = channels(0, of: id, axis: op.transA ? 0 : 1) {
      readSlice(id, axis: op.transB ? 1 : 0, input, input.units)
    }
    let axis = op.transB ? 0 : 1
    let units = filterUnits(id, value, axis: axis)
    slice(id, 1, axis: axis, units, isMasked: true)
    setLabels(id, 1, units, isZero: bias(id, 2, units))
  }

  mutating func matrixProduct(_ id: NodeID) {
    guard let a = graph[id].operand(0), let b = graph[id].operand(1) else { return }
    if weight(id, 1) != nil, graph[b].type.rank >= 2, graph.constant(a) == nil {
      rightWeight(id, a, b)
    } else if weight(id, 0) != nil, graph[a].type.rank >= 2, graph[b].type.rank >= 2,
      graph.constant(b) == nil
    {
      leftWeight(id, a, b)
    } else {
      activationProduct(id, a, b)
    }
  }

  private mutating func rightWeight(_ id: NodeID, _ a: ValueID, _ b: ValueID) {
    guard let result = graph[id].result else { return }
    let (rankA, rankB) = (graph[a].type.rank, graph[b].type.rank)
    if let input = labels[a], input.axis != rankA - 1, rankB == 2 {
      return setLabels(id, input.axis, input.units, isZero: input.isZero)
    }
    if let input = channels(0, of: id, axis: rankA - 1) {
      readSlice(id, axis: rankB - 2, input, input.units)
    }
    let units = filterUnits(id, b, axis: rankB - 1)
    slice(id, 1, axis: rankB - 1, units, isMasked: true)
    setLabels(id, graph[result].type.rank - 1, units, isZero: true)
  }

  private mutating func leftWeight(_ id: NodeID, _ a: ValueID, _ b: ValueID) {
    guard let result = graph[id].result else { return }
    let (rankA, rankB) = (graph[a].type.rank, graph[b].type.rank)
    let rank = graph[result].type.rank
    if let input = labels[b], input.axis == rankB - 1, rankA == 2 {
      return setLabels(id, rank - 1, input.units, isZero: input.isZero)
    }
    if let input = channels(1, of: id, axis: rankB - 2) {
      slice(id, 0, axis: rankA - 1, input.units, isMasked: !input.isZero)
    }
    let units = filterUnits(id, a, axis: rankA - 2)
    slice(id, 0, axis: rankA - 2, units, isMasked: true)
    setLabels(id, rank - 2, units, isZero: true)
  }

  /// The summed axes of both factors go together, and so do batch axes; the others are passed on.
  private mutating func activationProduct(_ id: NodeID, _ a: ValueID, _ b: ValueID) {
    guard let result = graph[id].result else { return }
    let rank = graph[result].type.rank
    let (x, y) = (labels[a], labels[b])
    if x == nil && y == nil { return }
    let (rankA, rankB) = (graph[a].type.rank, graph[b].type.rank)
    guard rankA == rank, rankB == rank else {
      return refuse(operandsOf: id, "multiplies it by a value of another rank")
    }
    let sums = (x?.axis == rank - 1, y?.axis == rank - 2)
    if sums.0 || sums.1 {
      let refusal = reason(id, "sums it with a value that is not pruned alike")
      guard sums == (true, true), let x, let y, x.isZero || y.isZero else {
        refuse(a, refusal)
        return refuse(b, refusal)
      }
      return couple(x.units, y.units, refusal)
    }
    if let x, x.axis == rank - 2, y == nil {
      return setLabels(id, rank - 2, x.units, isZero: x.isZero)
    }
    if let y, y.axis == rank - 1, x == nil {
      return setLabels(id, rank - 1, y.units, isZero: y.isZero)
    }
    batches(id, x, y)
  }

  private mutating func batches(_ id: NodeID, _ x: ChannelLabels?, _ y: ChannelLabels?) {
    let refusal = reason(id, "multiplies it by a value that is not pruned alike")
    guard let x, let y, x.axis == y.axis, x.units.count == y.units.count else {
      return refuse(operandsOf: id, "multiplies it by a value that is not pruned alike")
    }
    couple(x.units, y.units, refusal)
    setLabels(id, x.axis, x.units, isZero: x.isZero || y.isZero)
  }
}
