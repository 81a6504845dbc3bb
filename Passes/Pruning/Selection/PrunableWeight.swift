import CoppiceIR
import CoppicePassManager

/// A float constant that some operator reads as its weight.
struct PrunableWeight {
  let value: ValueID
  let constant: Constant

  /// The operators that read it as their weight, in the order of the file.
  let readers: [NodeID]

  var count: Int { constant.type.count }
}

extension Graph {
  /// The weights in the order of their first readers in the file.
  ///
  /// A weight also counts where operators that only move or convert elements stand in between. It
  /// is left out where an `only{...}` around the pass excludes one of its readers.
  func prunableWeights(_ context: PassContext) -> [PrunableWeight] {
    var order: [ValueID] = []
    var readers: [ValueID: [NodeID]] = [:]
    for reading in weightReadings() {
      if readers[reading.constant] == nil { order.append(reading.constant) }
      if readers[reading.constant]?.last != reading.node {
        readers[reading.constant, default: []].append(reading.node)
      }
    }
    return order.compactMap { value in
      guard let constant = constant(value), let nodes = readers[value],
        nodes.allSatisfy({ context.isInScope(self[$0]) })
      else { return nil }
      return PrunableWeight(value: value, constant: constant, readers: nodes)
    }
  }

  /// Every reading of a constant as a weight, in the order of the file.
  private func weightReadings() -> [PrunableReading] {
    var readings: [PrunableReading] = []
    collectReadings(in: body, path: [], &readings)
    return readings.enumerated()
      .sorted { $0.element.precedes($1.element) ?? ($0.offset < $1.offset) }
      .map(\.element)
  }

  private func collectReadings(in block: BlockID, path: [Int], _ readings: inout [PrunableReading])
  {
    for id in self[block].nodes {
      let node = self[id]
      let place = path + [node.origin.index]
      for operand in node.op.weightOperands.sorted() {
        guard let value = node.operand(operand), self[value].type.rank >= 2,
          let source = constantBehind(value)
        else { continue }
        readings.append(PrunableReading(constant: source, node: id, place: place + [operand]))
      }
      for inner in node.blocks { collectReadings(in: inner, path: place, &readings) }
    }
  }

  /// The constant that a value holds the elements of, perhaps moved or converted.
  private func constantBehind(_ value: ValueID) -> ValueID? {
    var value = value
    while case .node(let id, result: 0) = self[value].definition {
      guard self[id].op.keepsElements, let operand = self[id].operand(0) else { return nil }
      value = operand
    }
    guard let constant = constant(value), constant.type.element.isPrunable else { return nil }
    return value
  }
}

/// One operand of one node, and where it stands in the file.
private struct PrunableReading {
  let constant: ValueID
  let node: NodeID
  let place: [Int]

  /// Nil for the same place.
  func precedes(_ other: PrunableReading) -> Bool? {
    place == other.place ? nil : place.lexicographicallyPrecedes(other.place)
  }
}

extension Operator {
  /// Whether result 0 has the elements of operand 0, perhaps in another order or precision.
  fileprivate var keepsElements: Bool {
    ["Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"].contains(name)
  }
}

extension ElementType {
  fileprivate var isPrunable: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }
}
