import CoppiceIR

/// How loops read a weight without its zeros: the axis of its rows, or the matrix whose rows they are.
struct WeightReading: Hashable {
  /// The axis of the weight that its rows go along.
  var rowAxis: Int
  /// The matrix whose rows are read, where it is not the weight seen along `rowAxis`.
  var matrix: [Int]?
}

/// How the readers of a constant use it.
enum WeightUse {
  /// As a weight, all with the same rows.
  case weight(WeightReading)
  /// As a weight, but something reads it in a way that needs every element.
  case refused(String)
  /// Never as a weight.
  case data
}

extension Graph {
  /// How the readers of a constant use it; `weight` is what `weights()` says of it.
  func weightUse(_ weight: Weight?) -> WeightUse {
    guard let weight else { return .data }
    let direct = weight.readers.filter(\.carriers.isEmpty)
    if direct.isEmpty {
      if constant(weight.value)?.onlyNumber != nil { return .data }
      let carrier = weight.readers.first?.carriers.last.map { self[$0] }
      let name = carrier.map { "\($0.op.name) '\($0.name)'" } ?? ""
      return .refused("it is read behind \(name): fold constants first")
    }
    if direct.count < uses(of: weight.value).count { return .refused("it is also read as data") }
    let readings = direct.map { reading($0.node, $0.operand) }
    if let index = readings.firstIndex(where: { $0 == nil }) {
      return .refused("\(self[direct[index].node].op.name) has no sparse kernel for it")
    }
    let known = Set(readings.compactMap { $0 })
    guard known.count == 1, let first = known.first else {
      return .refused("its readers see other rows")
    }
    return .weight(first)
  }

  /// How a node reads a weight without its zeros; `nil` where it cannot.
  func reading(_ id: NodeID, _ operand: Int) -> WeightReading? {
    guard let facts = linearReadings(id).first(where: { $0.operand == operand }),
      facts.walksNonzeros, let rowAxis = facts.rowAxis, let weight = self[id].operand(operand)
    else { return nil }
    // What is left out counts as zero, which other zero points are not.
    if let zero = facts.zeroPoint, let value = self[id].operand(zero),
      constant(value)?.nonzeroCount != 0
    {
      return nil
    }
    let shape = self[weight].type.shape
    guard case .recurrence = facts.kind else { return WeightReading(rowAxis: rowAxis) }
    return WeightReading(rowAxis: rowAxis, matrix: [shape[0] * shape[1], shape[2]])
  }
}

extension Site {
  /// How the producer reads a weight without its zeros; `nil` where it cannot.
  func reading(_ operand: Int) -> WeightReading? {
    computation.graph.reading(computation.head, operand)
  }

  /// How often each element of a weight is multiplied.
  func uses(_ operand: Int) -> Int {
    guard let reading, reading.operand == operand, let weight = constants[operand] else { return 1 }
    return reading.uses(of: weight.type)
  }
}
