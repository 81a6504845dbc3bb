import CoppiceIR

/// A reader of a weight, and the layout groups that its cost depends on.
struct WeightReader {
  let computation: Computation
  /// The values that results go to.
  let results: [ValueID?]
  /// The operand that the weight is.
  let operand: Int
  /// The groups of operand 0 and of result 0, where they may have their channels last.
  let groups: (x: ValueID?, y: ValueID?)
}

/// A constant that is read as a weight, with its readers.
struct ReadWeight {
  let value: ValueID
  var readers: [WeightReader] = []
}

extension Graph {
  /// The computation that a node of the prepared graph stands for.
  func computation(_ id: NodeID) -> Computation? {
    guard self[id].op is Fused else { return Computation(head: id, tail: [], graph: self) }
    guard let nodes = self[id].blocks.first.map({ self[$0].nodes }), let head = nodes.first else {
      return nil
    }
    return Computation(head: head, tail: Array(nodes.dropFirst()), graph: self)
  }
}
