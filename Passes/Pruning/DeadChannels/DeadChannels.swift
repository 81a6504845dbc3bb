import CoppiceIR

/// The channels that no layer needs, and what has to move into biases before they go.
struct DeadChannels {
  /// What a layer's bias takes up.
  struct Fold {
    let target: BiasTarget
    let change: [Double]
  }

  /// A layer's reading of a channel that is to become zero.
  struct Cut: Hashable {
    let node: NodeID
    let operand: Int
    let axis: Int
    let index: Int
  }

  private(set) var units: Set<Int> = []
  private(set) var folds: [Fold] = []
  private(set) var cuts: Set<Cut> = []
  private let analysis: FilterAnalysis
  private let constants: ChannelConstants

  /// One layer's reading of one channel.
  private struct Reading {
    let channel: Int
    let unit: Int
    let cut: Cut
    /// What the layer's results are without the channel's number: by output channel.
    let weights: [Double]

    var isZero: Bool { weights.allSatisfy { $0 == 0 } }
  }

  init(_ analysis: FilterAnalysis) {
    self.analysis = analysis
    constants = ChannelConstants(analysis)
    let graph = analysis.graph
    units = Set(analysis.layers.flatMap { $0.units.map { analysis.forest.root($0) } }).filter {
      $0 != UnitForest.fixed && analysis.forest.refusal($0) == nil
    }
    for layer in analysis.layers where !graph.sumsOnce(layer.node) {
      for unit in layer.units { units.remove(analysis.forest.root(unit)) }
    }
    var readings: [NodeID: [Reading]] = [:]
    for id in graph.nodes {
      if let own = self.readings(of: id) {
        readings[id] = own
        for reading in own where !isFree(id, reading) { units.remove(reading.unit) }
      } else {
        dropUnread(id)
      }
    }
    for id in graph.nodes {
      for reading in readings[id] ?? [] where units.contains(reading.unit) { fold(id, reading) }
    }
  }

  /// Units that a node reads and neither multiplies by constants nor hands on are needed.
  private mutating func dropUnread(_ id: NodeID) {
    let graph = analysis.graph
    let given = graph[id].results.compactMap { $0.flatMap { analysis.labels[$0] } }.flatMap {
      $0.units.map { analysis.forest.root($0) }
    }
    let handedOn = Set(given)
    for value in graph[id].operands {
      for unit in value.flatMap({ analysis.labels[$0] })?.units ?? [] {
        let root = analysis.forest.root(unit)
        if !handedOn.contains(root) { units.remove(root) }
      }
    }
  }

  /// Whether a layer gives the same without a channel, once its bias has taken the channel up.
  private func isFree(_ id: NodeID, _ reading: Reading) -> Bool {
    if reading.isZero { return true }
    let graph = analysis.graph
    guard let value = inputValue(id), let number = constants.channels(value)[reading.channel] else {
      return false
    }
    if number == 0 { return true }
    guard graph[id].op is Conv || graph[id].op is Gemm || graph[id].op is MatMul,
      !graph.isPadded(id)
    else { return false }
    return (try? BiasTarget(id, in: graph)) != nil
  }

  private mutating func fold(_ id: NodeID, _ reading: Reading) {
    if reading.isZero { return }
    cuts.insert(reading.cut)
    guard let value = inputValue(id), let number = constants.channels(value)[reading.channel],
      number != 0, let target = try? BiasTarget(id, in: analysis.graph)
    else { return }
    folds.append(Fold(target: target, change: reading.weights.map { $0 * number }))
  }

  private func inputValue(_ id: NodeID) -> ValueID? {
    let graph = analysis.graph
    guard let reading = weightReading(id) else { return nil }
    return graph[id].operand(reading.input)
  }

  private func weightReading(_ id: NodeID) -> LinearReading? {
    let graph = analysis.graph
    guard analysis.counts[id]?["group"] == nil else { return nil }
    return graph.linearReadings(id).first { graph.constant(graph[id].operand($0.operand)) != nil }
  }

  /// The channels that a layer multiplies by constants; `nil` for other nodes.
  private func readings(of id: NodeID) -> [Reading]? {
    let graph = analysis.graph
    guard let reading = weightReading(id), let value = graph[id].operand(reading.input),
      let labels = analysis.labels[value], labels.axis == reading.inputAxis,
      let weight = graph.constant(graph[id].operand(reading.operand))
    else { return nil }
    let shape = weight.type.shape
    let columns = shape[reading.columnAxis]
    let isTransposed = graph[id].op is ConvTranspose
    guard columns > 0, labels.units.count % columns == 0 else { return nil }
    let groups = isTransposed ? 1 : labels.units.count / columns
    let sums = sums(weight, reading, columns)
    let perGroup = max(reading.outputChannels / groups, 1)
    return labels.units.enumerated().map { channel, unit in
      let column = channel % columns
      let weights = sums[column].enumerated().map { output, sum in
        groups > 1 && output / perGroup != channel / columns ? 0 : sum
      }
      return Reading(
        channel: channel, unit: analysis.forest.root(unit),
        cut: Cut(node: id, operand: reading.operand, axis: reading.columnAxis, index: column),
        weights: weights)
    }
  }

  /// For each column and output channel the sum of the weights; nearly 0 where weights cancel out.
  private func sums(_ weight: Constant, _ reading: LinearReading, _ columns: Int) -> [[Double]] {
    let stride = max(rowMajorStrides(weight.type.shape)[reading.columnAxis], 1)
    let output = reading.outputChannel(weight.type.shape)
    let factor = Double(reading.factor)
    var sums = [[Double]](
      repeating: [Double](repeating: 0, count: reading.outputChannels), count: columns)
    for (index, number) in weight.numbers.enumerated() where number != 0 {
      let (column, channel) = (index / stride % columns, output(index))
      let sum = sums[column][channel] + number * factor
      sums[column][channel] = sum == 0 ? Double.leastNonzeroMagnitude : sum
    }
    return sums
  }
}

extension Graph {
  /// Whether what a node gives is a sum of products with its weight and a bias, and no more.
  func sumsOnce(_ id: NodeID) -> Bool {
    let op = self[id].op
    return op is Conv || op is ConvTranspose || op is Gemm || op is MatMul
  }
}
