extension Graph {
  /// The weights: constants that operators read as such with rank 2 or more, in the order of their
  /// first readers in the file, nested bodies included.
  ///
  /// This is the only rule of what a weight is.
  ///
  /// - Returns: Each constant once.
  /// - Complexity: O(nodes log nodes).
  public func weights() -> [Weight] {
    var order: [ValueID] = []
    var readers: [ValueID: [Weight.Reader]] = [:]
    for found in weightReadings() {
      if readers[found.source] == nil { order.append(found.source) }
      readers[found.source, default: []].append(found.reader)
    }
    return order.map { value in
      let own = readers[value] ?? []
      return Weight(value: value, readers: own, refusal: refusal(value, own))
    }
  }

  /// The operands that would be weights once constants are folded, in the order of the nodes.
  ///
  /// - Returns: What reads them, and what stands in the way.
  public func computedWeights() -> [ComputedWeight] {
    let inputs = valuesOfInputs()
    return allNodes.flatMap { id in
      self[id].op.weightOperands.compactMap { operand in
        guard let value = self[id].operand(operand), !inputs.contains(value),
          case .node(let source, _) = self[carried(value).source].definition
        else { return nil }
        return ComputedWeight(node: id, operand: operand, source: source)
      }
    }
  }

  /// The values that are not known before the model runs: what inputs of the graph or of a body, random
  /// numbers and nested bodies decide.
  ///
  /// - Returns: Inputs and results of nodes.
  /// - Complexity: O(nodes).
  public func valuesOfInputs() -> Set<ValueID> {
    var found = Set(inputs)
    for id in allNodes {
      for block in self[id].blocks { found.formUnion(self[block].inputs) }
      let name = self[id].op.name
      let isRandom = name.hasPrefix("Random") || name == "Bernoulli" || name == "Multinomial"
      let reads = self[id].operands.contains { $0.map { found.contains($0) } ?? false }
      if reads || isRandom || !self[id].blocks.isEmpty {
        found.formUnion(self[id].results.compactMap { $0 })
      }
    }
    return found
  }

  /// How a node reads the operands that may be its weights.
  ///
  /// - Parameter id: Of this graph.
  /// - Returns: One reading for each such operand that is there, the usual one first.
  public func linearReadings(_ id: NodeID) -> [LinearReading] {
    guard let op = self[id].op as? any LinearOperator else { return [] }
    let operands = self[id].operands.map { $0.map { self[$0].type } }
    let result = self[id].result.map { self[$0].type }
    return op.linearOperands.compactMap { operand in
      self[id].operand(operand) == nil
        ? nil : op.linearReading(of: operand, operands, result: result)
    }
  }

  /// The value that a value holds the elements of, perhaps moved or converted.
  ///
  /// - Parameter value: Of this graph.
  /// - Returns: What no carrier computes, and the carriers, the last one first.
  public func carried(_ value: ValueID) -> (source: ValueID, carriers: [NodeID]) {
    var (value, carriers) = (value, [NodeID]())
    while case .node(let id, result: 0) = self[value].definition,
      self[id].op is any ElementCarrier, let operand = self[id].operand(0)
    {
      carriers.append(id)
      value = operand
    }
    return (value, carriers)
  }

  /// Multiply-accumulates of a node with every weight, and with the nonzero ones.
  ///
  /// - Parameter id: Of this graph.
  /// - Returns: Equal numbers where the weights are computed.
  public func macs(of id: NodeID) -> (dense: Int, nonzero: Int) {
    let readings = linearReadings(id)
    let sources = readings.map { reading in self[id].operand(reading.operand).map { carried($0) } }
    var sum = (dense: 0, nonzero: 0)
    var counted: Set<Int> = []
    let constantsFirst = readings.indices.sorted {
      let (a, b) = (constant(sources[$0]?.source) != nil, constant(sources[$1]?.source) != nil)
      return a == b ? $0 < $1 : a
    }
    for index in constantsFirst where !counted.contains(readings[index].input) {
      let reading = readings[index]
      counted.insert(reading.operand)
      sum.dense += reading.macs
      guard let source = sources[index], let constant = constant(source.source) else {
        sum.nonzero += reading.macs
        continue
      }
      let zero = zeroPoint(id, reading, source.carriers)
      sum.nonzero += constant.count(otherThan: zero) * reading.uses(of: constant.type)
    }
    return sum
  }

  /// The elements of a weight that are not zero, or not what stands for zero.
  ///
  /// - Parameter weight: Of this graph.
  /// - Returns: A count.
  /// - Complexity: O(elements).
  public func nonzeroCount(_ weight: Weight) -> Int {
    guard let constant = constant(weight.value), let reader = weight.readers.first else { return 0 }
    return constant.count(otherThan: zeroPoint(reader.node, reader.reading, reader.carriers))
  }
}

extension Graph {
  private func weightReadings() -> [(source: ValueID, reader: Weight.Reader)] {
    var found: [(place: [Int], source: ValueID, reader: Weight.Reader)] = []
    collect(in: body, path: [], &found)
    let sorted = found.enumerated().sorted {
      let (a, b) = ($0.element.place, $1.element.place)
      return a == b ? $0.offset < $1.offset : a.lexicographicallyPrecedes(b)
    }
    return sorted.map { ($0.element.source, $0.element.reader) }
  }

  private func collect(
    in block: BlockID, path: [Int],
    _ found: inout [(place: [Int], source: ValueID, reader: Weight.Reader)]
  ) {
    for id in self[block].nodes {
      let place = path + [self[id].origin.index]
      for reading in linearReadings(id) where reading.rowAxis != nil {
        guard let value = self[id].operand(reading.operand) else { continue }
        let (source, carriers) = carried(value)
        guard constant(source) != nil else { continue }
        let reader = Weight.Reader(
          node: id, operand: reading.operand, reading: reading, carriers: carriers)
        found.append((place + [reading.operand], source, reader))
      }
      for inner in self[id].blocks { collect(in: inner, path: place, &found) }
    }
  }

  private func refusal(_ value: ValueID, _ readers: [Weight.Reader]) -> String? {
    let element = self[value].type.element
    if [.float16, .bfloat16, .float32, .float64].contains(element) { return nil }
    if quantization(value, readers) != nil { return nil }
    let dequantizer = readers.lazy.flatMap(\.carriers).first { self[$0].op is DequantizeLinear }
    guard let dequantizer else { return "its elements are \(element)" }
    return "it is stored as \(element) behind DequantizeLinear '\(self[dequantizer].name)', whose "
      + "scales are not known, stand for blocks or differ from those of another reader"
  }

  /// The constant that stands for zero in a weight, and the weight's axis that it runs along.
  private func zeroPoint(
    _ id: NodeID, _ reading: LinearReading, _ carriers: [NodeID]
  ) -> (Constant, axis: Int)? {
    let dequantizer = carriers.last { self[$0].op is DequantizeLinear }
    if let dequantizer {
      let axis = self[dequantizer].op.settings.int("axis")
      return constant(self[dequantizer].operand(2)).map { ($0, axis) }
    }
    guard let operand = reading.zeroPoint, carriers.isEmpty else { return nil }
    return constant(self[id].operand(operand)).map { ($0, reading.rowAxis ?? 0) }
  }
}

extension Constant {
  /// The elements that differ from what stands for zero: 0, or the number at their place of an axis.
  fileprivate func count(otherThan zeroPoint: (Constant, axis: Int)?) -> Int {
    guard let (zero, given) = zeroPoint, zero.nonzeroCount > 0 else { return nonzeroCount }
    let rank = type.rank
    let axis = given < 0 ? given + rank : given
    guard zero.type.count == 1 || (0..<rank).contains(axis) && zero.type.count == type.shape[axis]
    else { return nonzeroCount }
    let zeros = zero.numbers
    let stride = zeros.count == 1 ? 1 : max(rowMajorStrides(type.shape)[axis], 1)
    return numbers.enumerated().count { $0.element != zeros[$0.offset / stride % zeros.count] }
  }
}
