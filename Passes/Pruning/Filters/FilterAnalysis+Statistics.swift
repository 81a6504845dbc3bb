import CoppiceIR

/// Operators that take a statistic over some of the elements.
extension FilterAnalysis {
  /// Over some axes; channels on those change the others.
  mutating func normalize(_ id: NodeID) {
    let op = graph[id].op
    let isLRN = op is LRN
    let isTrailing = op is LayerNormalization || op is RMSNormalization
    if isTrailing, graph[id].results.dropFirst().contains(where: { $0 != nil }) {
      return refuse(operandsOf: id, "also gives its statistics")
    }
    let allowsInexact = allowsInexact
    var isInside = false
    through(id) { type, labels in
      guard
        let axis = try? normalizedAxis(isLRN ? 1 : op.settings.int("axis"), rank: type.rank)
      else { return nil }
      isInside = labels.axis == axis || isTrailing && labels.axis >= axis
      if isInside, !allowsInexact { return nil }
      return ChannelLabels(
        axis: labels.axis, units: labels.units, isZero: isLRN && !isInside && labels.isZero)
    }
    if isInside, isTrailing, allowsInexact { cutParameters(id) }
  }

  /// Scale and shift over the trailing axes follow the channels.
  private mutating func cutParameters(_ id: NodeID) {
    guard let result = graph[id].result, let own = labels[result] else { return }
    for operand in 1...2 {
      guard let value = graph[id].operand(operand) else { continue }
      let axis = own.axis - (graph[result].type.rank - graph[value].type.rank)
      guard axis >= 0, graph[value].type.shape[axis] > 1 else { continue }
      guard graph.constant(value) != nil else {
        return refuse(operandsOf: id, unfolded(id, [operand], otherwise: "has computed parameters"))
      }
      slice(id, operand, axis: axis, own.units, isMasked: true)
    }
  }

  /// Each group loses as many channels; without a loss of exactness only groups of one can.
  mutating func groupNormalization(_ id: NodeID) {
    guard let input = channels(0, of: id, axis: 1), let op = graph[id].op as? GroupNormalization
    else { return }
    guard allowsInexact else { return refuse(operandsOf: id, "works over its channels") }
    let size = input.units.count / max(1, op.groups)
    guard (1...2).allSatisfy({ graph.constant(graph[id].operand($0)) != nil }), size > 1 else {
      return refuse(operandsOf: id, "has computed parameters or groups of one channel")
    }
    let refusal = reason(id, "has groups that would keep different numbers of channels")
    for index in input.units.indices where index >= size {
      forest.couple(input.units[index % size], input.units[index], otherwise: refusal)
    }
    for operand in 1...2 {
      guard let value = graph[id].operand(operand),
        graph[value].type.count == input.units.count
      else { continue }
      slice(id, operand, axis: 0, input.units, isMasked: true)
    }
    setLabels(id, 1, input.units, isZero: false)
  }

  mutating func reduce(_ id: NodeID, _ op: any Reduction) {
    let keeps = op.settings.flag("keepdims")
    let axes = (try? op.axes(graph.inferenceContext(id))) ?? []
    let allowsInexact = allowsInexact
    var isGone = false
    through(id) { _, labels in
      if axes.contains(labels.axis) {
        isGone = allowsInexact || labels.isZero && op.ignoresZeros
        return isGone ? labels : nil
      }
      if op is ReduceLogSum, labels.isZero { return nil }
      var labels = labels
      if !keeps { labels.axis -= axes.count { $0 < labels.axis } }
      labels.isZero = labels.isZero && !(op is ReduceLogSumExp)
      return labels
    }
    if isGone, let result = graph[id].result { labels[result] = nil }
  }
}

extension Reduction {
  /// Whether zeros may as well be left out.
  fileprivate var ignoresZeros: Bool {
    self is ReduceSum || self is ReduceSumSquare || self is ReduceL1 || self is ReduceL2
  }
}
