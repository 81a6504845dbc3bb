import CoppiceIR

extension FilterAnalysis {
  /// Operators that have no filters of their own.
  mutating func passOn(_ id: NodeID) {
    let node = graph[id]
    switch node.op {
    case is any Elementwise: return elementwise(id)
    case let op as any Reduction: return reduce(id, op)
    case let op as Pad: return pad(id, op)
    case let op as any Pooling where !(op is any QuantizedPooling): pool(id)
    case is Dropout: through(id) { _, labels in labels }
    case is BatchNormalization: normalization(id, constants: 1...4)
    case is InstanceNormalization: normalization(id, constants: 1...2)
    case is GroupNormalization: groupNormalization(id)
    case is Resize: resize(id)
    case is Attention: attention(id)
    case is QuantizeLinear, is DequantizeLinear: quantize(id)
    case let op where op.rearranges: move(id)
    case let op where op.normalizesAxes: normalize(id)
    default: refuse(operandsOf: id, "is not understood by prune-filters")
    }
  }

  /// Result 0 has the labels of operand 0, or those that a closure makes of them.
  mutating func through(
    _ id: NodeID, _ change: (TensorType, ChannelLabels) -> ChannelLabels?
  ) {
    let node = graph[id]
    for value in node.operands.dropFirst() { refuse(value, reason(id, "takes it as a parameter")) }
    guard let value = node.operand(0), let found = labels[value] else { return }
    guard let changed = change(graph[value].type, found) else {
      return refuse(value, reason(id, "works over its channels"))
    }
    setLabels(id, changed.axis, changed.units, isZero: changed.isZero)
  }

  private mutating func normalization(_ id: NodeID, constants: ClosedRange<Int>) {
    guard let input = channels(0, of: id, axis: 1) else { return }
    let node = graph[id]
    let isConstant = constants.allSatisfy { graph.constant(node.operand($0)) != nil }
    guard isConstant, (node.op as? BatchNormalization)?.isTraining != true else {
      return refuse(
        operandsOf: id,
        unfolded(id, constants, otherwise: "normalizes with computed parameters"))
    }
    for operand in constants { slice(id, operand, axis: 0, input.units, isMasked: operand <= 2) }
    setLabels(id, 1, input.units, isZero: true)
  }

  private mutating func pool(_ id: NodeID) {
    if graph[id].results.dropFirst().contains(where: { $0 != nil }) {
      return refuse(operandsOf: id, "also gives indices into all channels")
    }
    through(id) { _, labels in labels.axis <= 1 ? labels : nil }
  }

  private mutating func resize(_ id: NodeID) {
    guard let result = graph[id].result else { return }
    let output = graph[result].type.shape
    let hasRegion = graph[id].op.settings.string("coordinate_transformation_mode").hasPrefix(
      "tf_crop")
    through(id) { type, labels in
      !hasRegion && output[labels.axis] == type.shape[labels.axis] ? labels : nil
    }
  }
}
