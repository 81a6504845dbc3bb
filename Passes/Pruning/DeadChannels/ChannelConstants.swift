import CoppiceIR

/// The channels of a model's values that hold one number at every position, whatever the input.
struct ChannelConstants {
  private let analysis: FilterAnalysis
  private var known: [ValueID: [Double?]] = [:]

  /// Follows filters of zeros from layer to layer.
  init(_ analysis: FilterAnalysis) {
    self.analysis = analysis
    for id in analysis.graph.nodes {
      for (result, numbers) in zip(analysis.graph[id].results, results(of: id)) {
        guard let result, let labels = analysis.labels[result],
          numbers.count == labels.units.count, numbers.contains(where: { $0 != nil })
        else { continue }
        known[result] = numbers
      }
    }
  }

  /// The numbers of a value's channels; `nil` for those that change.
  func channels(_ value: ValueID) -> [Double?] {
    known[value] ?? analysis.labels[value].map { Array(repeating: nil, count: $0.units.count) }
      ?? []
  }

  private var graph: Graph { analysis.graph }

  private func results(of id: NodeID) -> [[Double?]] {
    let node = graph[id]
    if graph.sumsOnce(id),
      let reading = graph.linearReadings(id).first(where: {
        graph.constant(node.operand($0.operand)) != nil
      })
    {
      return [linear(id, reading)]
    }
    guard let first = node.operand(0).flatMap({ known[$0] }) else {
      return node.op is any Elementwise ? [elementwise(id)] : []
    }
    switch node.op {
    case is Dropout, is MaxPool, is GlobalMaxPool, is GlobalAveragePool, is ReduceMean,
      is ReduceMax, is ReduceMin:
      return [first]
    case is AveragePool:
      let pads = (node.op.settings.ints("pads") ?? []).contains { $0 != 0 }
      let isPadded = pads || node.op.settings.string("auto_pad").hasPrefix("SAME")
      return isPadded && node.op.settings.flag("count_include_pad") ? [] : [first]
    case is BatchNormalization: return [normalized(id, first)]
    case is Transpose, is Slice, is Split, is Gather: return moved(id)
    case let op where op.isReshape: return moved(id)
    default: return node.op is any Elementwise ? [elementwise(id)] : []
    }
  }

  /// The biases of filters of zeros; through a depthwise filter also what is constant before it.
  private func linear(_ id: NodeID, _ reading: LinearReading) -> [Double?] {
    let node = graph[id]
    guard let weight = graph.constant(node.operand(reading.operand)),
      let result = node.result, let labels = analysis.labels[result],
      labels.axis == reading.outputAxis, let biases = graph.biases(of: id, reading)
    else { return [] }
    let channel = reading.outputChannel(weight.type.shape)
    var sums = [Double](repeating: 0, count: reading.outputChannels)
    var isZero = [Bool](repeating: true, count: reading.outputChannels)
    for (index, number) in weight.numbers.enumerated() where number != 0 {
      sums[channel(index)] += number
      isZero[channel(index)] = false
    }
    let isDepthwise = analysis.counts[id]?["group"] != nil && node.op is Conv
    let input = isDepthwise ? node.operand(0).map(channels) ?? [] : []
    let isPadded = graph.isPadded(id)
    return biases.indices.map { index in
      if isZero[index] { return biases[index] }
      guard !input.isEmpty, let before = input[index * input.count / biases.count],
        before == 0 || !isPadded
      else { return nil }
      return sums[index] * before + biases[index]
    }
  }

  private func normalized(_ id: NodeID, _ channels: [Double?]) -> [Double?] {
    let node = graph[id]
    let constants = (1...4).compactMap { graph.constant(node.operand($0))?.numbers }
    guard constants.count == 4, constants.allSatisfy({ $0.count == channels.count }) else {
      return []
    }
    let epsilon = Double(node.op.settings.float("epsilon"))
    return channels.indices.map { index in
      channels[index].map { number in
        let deviation = (constants[3][index] + epsilon).squareRoot()
        return (number - constants[2][index]) / deviation * constants[0][index]
          + constants[1][index]
      }
    }
  }

  /// Known where every operand is.
  private func elementwise(_ id: NodeID) -> [Double?] {
    let node = graph[id]
    var isKnown: [Bool]?
    for value in node.operands.compactMap({ $0 }) where graph.constant(value) == nil {
      guard let own = known[value] else { return [] }
      let both = own.map { $0 != nil }
      isKnown = isKnown.map { old in zip(old, both).map { $0 && $1 } } ?? both
    }
    guard let isKnown, let numbers = evaluated(id, missing: 0).first,
      numbers.count == isKnown.count
    else { return [] }
    return zip(numbers, isKnown).map { $1 ? $0 : nil }
  }

  private func moved(_ id: NodeID) -> [[Double?]] { evaluated(id, missing: .nan) }

  /// Runs an operator on tensors of the known numbers, with another one where none is known.
  private func evaluated(_ id: NodeID, missing: Float) -> [[Double?]] {
    let node = graph[id]
    var context = graph.inferenceContext(id)
    for (index, value) in node.operands.enumerated() {
      guard let value, graph.constant(value) == nil else { continue }
      guard let labels = analysis.labels[value], graph[value].type.element == .float32,
        graph[value].type.count < 1 << 26
      else { return [] }
      let shape = graph[value].type.shape
      let inner = shape[(labels.axis + 1)...].reduce(1, *)
      let numbers = channels(value).map { $0.map { Float($0) } ?? missing }
      context.known[index] = Constant(
        (0..<graph[value].type.count).map { numbers[$0 / inner % numbers.count] }, .float32, shape)
    }
    guard let results = try? Interpreter.evaluate(op: node.op, context: context) else { return [] }
    return zip(node.results, results).map { result, constant in
      guard let result, let labels = analysis.labels[result] else { return [] }
      return channels(of: constant, axis: labels.axis)
    }
  }

  /// The number that all elements of a channel have.
  private func channels(of constant: Constant, axis: Int) -> [Double?] {
    let shape = constant.type.shape
    let inner = shape[(axis + 1)...].reduce(1, *)
    var found = [Double?](repeating: nil, count: shape[axis])
    var isMixed = [Bool](repeating: false, count: shape[axis])
    for (index, number) in constant.numbers.enumerated() {
      let channel = index / inner % shape[axis]
      if !number.isFinite || (found[channel] ?? number) != number { isMixed[channel] = true }
      found[channel] = number
    }
    return zip(found, isMixed).map { $1 ? nil : $0 }
  }
}

extension Graph {
  /// What a layer adds to each output channel; `nil` where that is computed.
  fileprivate func biases(of id: NodeID, _ reading: LinearReading) -> [Double]? {
    let count = reading.outputChannels
    guard let addend = reading.addend, let value = self[id].operand(addend.operand) else {
      return Array(repeating: 0, count: count)
    }
    guard let numbers = constant(value)?.numbers, numbers.count == 1 || numbers.count == count
    else { return nil }
    return (0..<count).map { numbers[numbers.count == 1 ? 0 : $0] * Double(addend.factor) }
  }

  /// Whether a convolution pads its operand with zeros.
  func isPadded(_ id: NodeID) -> Bool {
    guard let op = self[id].op as? Conv, let x = self[id].operand(0), let w = self[id].operand(1)
    else { return false }
    guard let window = try? op.window(self[x].type.shape, self[w].type.shape) else { return true }
    return (window.begin + window.end).contains { $0 != 0 }
  }
}
