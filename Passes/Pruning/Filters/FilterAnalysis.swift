import CoppiceIR
import CoppicePassManager

/// Follows the channels of each layer through the graph.
///
/// Operators that move elements are run on tensors of labels, so that what comes out is exact; where
/// a tensor would lose its rectangular form, the labels along the best axis are made one unit.
struct FilterAnalysis {
  let graph: Graph
  let context: PassContext
  var forest = UnitForest()
  var labels: [ValueID: ChannelLabels] = [:]
  var slices: [ChannelSlice] = []
  var layers: [FilterLayer] = []
  /// Attributes of nodes that count channels: groups, hidden units, heads.
  var counts: [NodeID: [String: [Int]]] = [:]
  let uses: UseMap
  /// Whether channels may go that change what is computed of the others.
  let allowsInexact: Bool
  /// Whether heads of an attention go whole.
  let prunesHeads: Bool
  /// The values that depend on the model's inputs.
  let computed: Set<ValueID>
  var filters: [ValueID: [Int]] = [:]
  private var readUnits: [ValueID: [Int]] = [:]
  /// What the integers of weights stand for that operators read as they are.
  let integers: [ValueID: WeightQuantization]

  init(
    _ graph: Graph, _ context: PassContext, allowsInexact: Bool = false, prunesHeads: Bool = true
  ) {
    (self.allowsInexact, self.prunesHeads) = (allowsInexact, prunesHeads)
    self.graph = graph
    self.context = context
    uses = graph.uses()
    computed = graph.valuesOfInputs()
    integers = Self.integerWeights(graph)
    for id in graph.nodes { visit(id) }
    for value in graph.outputs {
      refuse(value, Refusal(order: .max, text: "it is an output of the model"))
    }
    layers.sort { (graph[$0.node].origin.index, $0.node) < (graph[$1.node].origin.index, $1.node) }
  }

  private mutating func visit(_ id: NodeID) {
    let node = graph[id]
    if !node.blocks.isEmpty { return refuseBlocks(id) }
    switch node.op {
    case let op as Conv: convolution(id, group: op.group)
    case let op as ConvTranspose: transposedConvolution(id, group: op.group)
    case let op as Gemm: gemm(id, op)
    case is MatMul: matrixProduct(id)
    case is LSTM, is GRU, is RNN: recurrence(id)
    default:
      if quantized(id) { return }
      if node.operands.contains(where: { $0.map { labels[$0] != nil } ?? false }) { passOn(id) }
    }
  }

  private mutating func refuseBlocks(_ id: NodeID) {
    let inner = graph[id].blocks.flatMap { graph.allNodes(in: $0) }
    let nested = inner.flatMap { graph[$0].blocks } + graph[id].blocks
    let values = ([id] + inner).flatMap { graph[$0].operands.compactMap { $0 } }
    for value in values + nested.flatMap({ graph[$0].outputs }) {
      refuse(value, reason(id, "reads it in a nested body"))
    }
  }
}

extension FilterAnalysis {
  func reason(_ id: NodeID, _ text: String) -> Refusal {
    let node = graph[id]
    return Refusal(order: node.origin.index, text: "\(node.op.name) '\(node.name)' \(text)")
  }

  /// Why operands that should be constants are none, or a text if they depend on the inputs.
  func unfolded(_ id: NodeID, _ operands: some Sequence<Int>, otherwise text: String) -> String {
    for value in operands.compactMap({ graph[id].operand($0) }) where !computed.contains(value) {
      guard graph.constant(value) == nil, let node = graph.producer(value) else { continue }
      let source = graph[node]
      return "reads \(source.op.name) '\(source.name)', which is known but not folded: run @cleanup"
        + " before"
    }
    return text
  }

  mutating func refuse(_ value: ValueID?, _ refusal: Refusal) {
    guard let value, let labels = labels[value] else { return }
    for unit in labels.units { forest.refuse(unit, refusal) }
  }

  mutating func refuse(operandsOf id: NodeID, _ text: String) {
    for value in graph[id].operands { refuse(value, reason(id, text)) }
  }

  mutating func couple(_ a: [Int], _ b: [Int], _ refusal: Refusal) {
    for (x, y) in zip(a, b) { forest.couple(x, y, otherwise: refusal) }
  }

  /// Labels of an operand where they lie along the axis that the operator takes as channels.
  mutating func channels(_ index: Int, of id: NodeID, axis: Int) -> ChannelLabels? {
    guard let value = graph[id].operand(index), let found = labels[value] else { return nil }
    if found.axis == axis { return found }
    refuse(value, reason(id, "works along the axis that its channels lie on"))
    return nil
  }

  /// The units of a weight's filters: new ones, or those of an earlier reader of the same weight.
  mutating func filterUnits(_ id: NodeID, _ weight: ValueID, axis: Int) -> [Int] {
    if let units = filters[weight] { return units }
    let units = graph[weight].type.shape[axis..<(axis + 1)].flatMap { extent in
      (0..<extent).map { _ in forest.make() }
    }
    filters[weight] = units
    addLayer(id, weight, axis, units)
    return units
  }

  mutating func addLayer(_ id: NodeID, _ weight: ValueID, _ axis: Int, _ units: [Int]) {
    addLayer(id, units, [FilterPart(weight: weight, axis: axis, filters: Array(units.indices))])
  }

  mutating func addLayer(_ id: NodeID, _ units: [Int], _ parts: [FilterPart]) {
    guard let weight = parts.first?.weight else { return }
    layers.append(FilterLayer(weight: weight, node: id, units: units, parts: parts))
    if !context.isInScope(graph[id]) {
      for unit in units { forest.refuse(unit, reason(id, "is outside of only{...}")) }
    }
  }

  /// Notes that an operand that is a constant, or dequantized from one, follows the channels.
  mutating func slice(
    _ id: NodeID, _ operand: Int, axis: Int, _ units: [Int], isMasked: Bool
  ) {
    guard let source = dequantized(graph[id].operand(operand)) else {
      return slices.append(
        ChannelSlice(node: id, operand: operand, axis: axis, units: units, isMasked: isMasked))
    }
    slices.append(
      ChannelSlice(node: source, operand: 0, axis: axis, units: units, isMasked: isMasked))
    sliceScales(source, axis: axis, units)
  }

  /// The side of a weight that follows what it reads; readers of one weight go together.
  mutating func readSlice(
    _ id: NodeID, axis: Int, _ input: ChannelLabels, _ units: [Int],
    _ operands: LayerOperands = .real
  ) {
    slice(id, operands.weight, axis: axis, units, isMasked: !isZero(input, id, operands))
    guard let weight = graph[id].operand(operands.weight) else { return }
    if let other = readUnits[weight] {
      couple(units, other, reason(id, "shares its weight with a layer that keeps its inputs"))
    }
    readUnits[weight] = units
  }

  /// The side of a weight that makes the channels, with what its integers stand for.
  mutating func filterSlice(
    _ id: NodeID, axis: Int, _ units: [Int], _ operands: LayerOperands = .real
  ) {
    slice(id, operands.weight, axis: axis, units, isMasked: true)
    for place in operands.grid {
      guard let value = graph[id].operand(place), graph[value].type.shape == [units.count] else {
        continue
      }
      slices.append(
        ChannelSlice(node: id, operand: place, axis: 0, units: units, isMasked: false))
    }
  }

  /// A bias along the filters; `false` when it leaves masked units other than zero.
  mutating func bias(_ id: NodeID, _ operand: Int, _ units: [Int]) -> Bool {
    guard let value = graph[id].operand(operand) else { return true }
    let shape = graph[value].type.shape
    let extent = shape.last ?? 1
    guard extent == units.count, !shape.isEmpty else { return false }
    let axis = shape.count - 1
    if graph.constant(value) != nil || dequantized(value) != nil {
      slice(id, operand, axis: axis, units, isMasked: true)
      return true
    }
    let refusal = reason(id, unfolded(id, [operand], otherwise: "adds a computed bias to it"))
    guard let own = channels(operand, of: id, axis: axis) else {
      for unit in units { forest.refuse(unit, refusal) }
      return false
    }
    couple(units, own.units, refusal)
    return own.isZero
  }

  mutating func setLabels(_ id: NodeID, _ axis: Int, _ units: [Int], isZero: Bool) {
    guard let result = graph[id].result else { return }
    labels[result] = ChannelLabels(axis: axis, units: units, isZero: isZero)
  }
}
