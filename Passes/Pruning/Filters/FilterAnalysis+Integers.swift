import CoppiceIR

/// Where a layer has what it reads: its input, its weight, its bias, and what its integers stand for.
struct LayerOperands {
  var input = 0
  var weight = 1
  var bias = 2
  /// Scale and zero point of the weight.
  var grid: [Int] = []
  var inputZeroPoint: Int?

  static let real = LayerOperands()
  static let quantized = LayerOperands(
    input: 0, weight: 3, bias: 8, grid: [4, 5], inputZeroPoint: 2)
}

/// Channels of tensors whose integers stand for real numbers.
///
/// A filter of zeros without a bias gives the zero point of the result, which a later layer takes off
/// again: so integers are zero where they are the zero point of their tensor.
extension FilterAnalysis {
  /// What the integers of weights stand for that operators read as they are, where 0 stands for zero.
  static func integerWeights(_ graph: Graph) -> [ValueID: WeightQuantization] {
    var found: [ValueID: WeightQuantization] = [:]
    for weight in graph.weights() where graph[weight.value].type.element.isInteger {
      guard weight.readers.allSatisfy({ $0.carriers.isEmpty }),
        let quantization = graph.quantization(of: weight),
        quantization.zeroPoints.allSatisfy({ $0 == 0 })
      else { continue }
      found[weight.value] = quantization
    }
    return found
  }

  /// Operators on quantized tensors; false for any other.
  mutating func quantized(_ id: NodeID) -> Bool {
    switch graph[id].op {
    case let op as QLinearConv:
      convolution(id, group: op.settings.int("group"), .quantized)
    case is QLinearMatMul: quantizedProduct(id)
    case is any QuantizedPair: quantizedPair(id)
    case is any QuantizedPooling: quantizedPool(id)
    case is Lookup, is any QuantizedUnary: unary(id)
    case is QLinearConcat: quantizedConcat(id)
    default: return false
    }
    return true
  }

  private mutating func quantizedProduct(_ id: NodeID) {
    guard let a = graph[id].operand(0), let b = graph[id].operand(3),
      let result = graph[id].result
    else { return }
    let (rankA, rankB) = (graph[a].type.rank, graph[b].type.rank)
    guard weight(id, 3) != nil, rankB >= 2 else {
      return refuse(operandsOf: id, unfolded(id, [3], otherwise: "has no constant weights"))
    }
    if let input = labels[a], input.axis != rankA - 1, rankB == 2 {
      return setLabels(id, input.axis, input.units, isZero: input.isZero)
    }
    if let input = channels(0, of: id, axis: rankA - 1) {
      readSlice(id, axis: rankB - 2, input, input.units, .quantized)
    }
    let units = filterUnits(id, b, axis: rankB - 1)
    filterSlice(id, axis: rankB - 1, units, .quantized)
    let isZero = bias(id, 8, units) && keepsZeroPoint(id)
    setLabels(id, graph[result].type.rank - 1, units, isZero: isZero)
  }

  /// Whether a sum of zero is stored as the zero point.
  func keepsZeroPoint(_ id: NodeID) -> Bool {
    guard let result = graph[id].result,
      let bounds = try? Requantization(graph[id].op.settings, graph[result].type.element).bounds,
      let grid = graph.grid(of: result)
    else { return false }
    return bounds.contains(grid.zeroPoint)
  }

  /// Whether an operand is zero for its reader where its channels are: both know the same zero point.
  func isZero(_ labels: ChannelLabels, _ id: NodeID, _ operands: LayerOperands) -> Bool {
    guard let place = operands.inputZeroPoint else { return labels.isZero }
    return labels.isZero && agrees(id, operands.input, place)
  }

  private func agrees(_ id: NodeID, _ operand: Int, _ zeroPoint: Int) -> Bool {
    guard let value = graph[id].operand(operand), let grid = graph.grid(of: value) else {
      return false
    }
    guard let own = graph[id].operand(zeroPoint) else { return grid.zeroPoint == 0 }
    return graph.constant(own)?.onlyNumber == Double(grid.zeroPoint)
  }

  /// Channels of both operands go together; those of a constant are cut along.
  private mutating func quantizedPair(_ id: NodeID) {
    guard let result = graph[id].result else { return }
    let rank = graph[result].type.rank
    let operands = [0, 3].compactMap { place in graph[id].operand(place).map { (place, $0) } }
    let own = operands.compactMap { place, value in
      labels[value].map { (place, $0.axis + rank - graph[value].type.rank, $0) }
    }
    guard let (_, axis, first) = own.first else { return }
    let extent = graph[result].type.shape[axis]
    guard own.allSatisfy({ $0.1 == axis && $0.2.units.count == extent }) else {
      return refuse(operandsOf: id, "combines values whose channels lie on different axes")
    }
    let refusal = reason(id, "combines it with a value that is not pruned")
    for (_, _, other) in own.dropFirst() { couple(first.units, other.units, refusal) }
    var isZero = own.allSatisfy { $0.2.isZero && agrees(id, $0.0, $0.0 + 2) }
    for (place, value) in operands where labels[value] == nil {
      isZero = false
      let along = axis - (rank - graph[value].type.rank)
      if along < 0 || graph[value].type.shape[along] == 1 { continue }
      if graph.constant(value) == nil {
        for unit in first.units { forest.refuse(unit, refusal) }
      } else {
        slice(id, place, axis: along, first.units, isMasked: false)
      }
    }
    setLabels(id, axis, first.units, isZero: isZero && keepsZeroPoint(id))
  }

  private mutating func quantizedPool(_ id: NodeID) {
    guard let x = graph[id].operand(0), let found = labels[x] else { return }
    guard found.axis <= 1, !graph[id].op.settings.flag("channels_last") else {
      return refuse(x, reason(id, "works over its channels"))
    }
    let isZero = found.isZero && agrees(id, 0, 2) && keepsZeroPoint(id)
    setLabels(id, found.axis, found.units, isZero: isZero)
  }

  /// What stands for zero may become another number.
  private mutating func unary(_ id: NodeID) {
    guard let x = graph[id].operand(0), let found = labels[x] else { return }
    setLabels(id, found.axis, found.units, isZero: false)
  }

  private mutating func quantizedConcat(_ id: NodeID) {
    let node = graph[id]
    guard let result = node.result else { return }
    let places = stride(from: 2, to: node.operands.count, by: 3)
    let parts = places.compactMap { node.operand($0) }
    guard
      let axis = try? normalizedAxis(node.op.settings.int("axis"), rank: graph[result].type.rank),
      parts.allSatisfy({ (labels[$0]?.axis ?? axis) == axis })
    else { return refuse(operandsOf: id, "joins values whose channels lie on other axes") }
    let units = parts.flatMap { value in
      labels[value]?.units
        ?? Array(repeating: UnitForest.fixed, count: graph[value].type.shape[axis])
    }
    let isZero = zip(places, parts).allSatisfy { place, value in
      (labels[value]?.isZero ?? true) && agrees(id, place, place + 2)
    }
    setLabels(id, axis, units, isZero: isZero)
  }
}
