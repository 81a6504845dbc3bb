import CoppiceIR

/// Hidden units of LSTM, GRU and RNN: the rows of all gates, and what reads the state.
extension FilterAnalysis {
  mutating func recurrence(_ id: NodeID) {
    let node = graph[id]
    for operand in [1, 2, 3, 4, 7] {
      refuse(node.operand(operand), reason(id, "takes it as a weight"))
    }
    let input = channels(0, of: id, axis: 2)
    guard weight(id, 1) != nil, let (value, constant) = weight(id, 2) else {
      return refuse(
        operandsOf: id, unfolded(id, [1, 2], otherwise: "has no constant weights"))
    }
    if let input { readSlice(id, axis: 2, input, input.units) }
    let hidden = constant.type.shape[2]
    let gates = hidden == 0 ? 0 : constant.type.shape[1] / hidden
    let units = hiddenUnits(id, value, hidden, gates)
    let repeated = { (count: Int) in (0..<count).flatMap { _ in units } }
    slice(id, 1, axis: 1, repeated(gates), isMasked: true)
    slice(id, 2, axis: 1, repeated(gates), isMasked: true)
    slice(id, 2, axis: 2, units, isMasked: true)
    var keepsZero = startsAtZero(id)
    for (operand, count) in [(3, 2 * gates), (7, 3)] where node.operand(operand) != nil {
      parameter(id, operand, axis: 1, repeated(count))
    }
    for operand in [5, 6] where node.operand(operand) != nil {
      keepsZero = state(id, operand, units) && keepsZero
    }
    if node.op.settings.int("hidden_size") > 0 { counts[id] = ["hidden_size": units] }
    for result in node.results.compactMap({ $0 }) {
      let axis = graph[result].type.rank - 1
      labels[result] = ChannelLabels(axis: axis, units: units, isZero: keepsZero)
    }
  }

  /// One unit for each hidden one, in both directions; its filter is made of all its gates' rows.
  private mutating func hiddenUnits(
    _ id: NodeID, _ recurrence: ValueID, _ hidden: Int, _ gates: Int
  ) -> [Int] {
    guard let weight = graph[id].operand(1) else { return [] }
    let refusal = reason(id, "shares its weights with a layer that keeps its units")
    let known = [weight, recurrence].compactMap { filters[$0] }.filter { $0.count == hidden }
    if known.count == 2 { couple(known[0], known[1], refusal) }
    let units = known.first ?? (0..<hidden).map { _ in forest.make() }
    if known.count < 2 {
      let rows = (0..<gates).flatMap { _ in 0..<hidden }
      let new = [weight, recurrence].filter { filters[$0] == nil }
      addLayer(id, units, new.map { FilterPart(weight: $0, axis: 1, filters: rows) })
    }
    (filters[weight], filters[recurrence]) = (units, units)
    return units
  }

  /// A bias or peephole along the units of all gates.
  private mutating func parameter(_ id: NodeID, _ operand: Int, axis: Int, _ units: [Int]) {
    let value = graph[id].operand(operand)
    if graph.constant(value) != nil || dequantized(value) != nil {
      return slice(id, operand, axis: axis, units, isMasked: true)
    }
    let text = unfolded(id, [operand], otherwise: "has computed biases or peepholes")
    for unit in units { forest.refuse(unit, reason(id, text)) }
  }

  /// An initial state: cut if it is constant, coupled if it is the state of another layer.
  ///
  /// - Returns: Whether a masked unit starts at zero.
  private mutating func state(_ id: NodeID, _ operand: Int, _ units: [Int]) -> Bool {
    guard let value = graph[id].operand(operand) else { return true }
    if graph.constant(value) != nil || dequantized(value) != nil {
      slice(id, operand, axis: 2, units, isMasked: true)
      return true
    }
    if let own = channels(operand, of: id, axis: 2) {
      couple(units, own.units, reason(id, "starts it from a state that is not pruned"))
      return own.isZero
    }
    let text = unfolded(id, [operand], otherwise: "starts from a state that is not pruned")
    for unit in units { forest.refuse(unit, reason(id, text)) }
    return false
  }

  /// Whether a unit without weights stays at zero: its activations map 0 to 0.
  private func startsAtZero(_ id: NodeID) -> Bool {
    guard let names = graph[id].op.settings.strings("activations") else { return true }
    let count = graph[id].op is LSTM ? 3 : graph[id].op is GRU ? 2 : 1
    let odd = ["affine", "sigmoid", "softplus", "hardsigmoid"]
    return names.enumerated().allSatisfy { index, name in
      let isGate = count > 1 && index % count == 0
      return isGate || !odd.contains(name.lowercased())
    }
  }
}
