extension Graph {
  /// Replaces a node by the nodes that it stands for; the names of its results stay.
  ///
  /// - Parameter id: The node.
  /// - Returns: What stands for each result, by its number; `nil` when the node stands for itself.
  /// - Throws: What the operator throws; the node is then still there.
  package mutating func decompose(_ id: NodeID) throws(DiagnosticMessage) -> [Int: ValueID]? {
    let op = self[id].op
    let before = valueTable.count
    // The builder has the only graph while it works, so that no table is copied.
    var whole = Graph(name: "")
    swap(&whole, &self)
    var builder = DecompositionBuilder(graph: consume whole, node: id)
    let outcome = Result { () throws(DiagnosticMessage) in try op.decompose(&builder) }
    self = builder.takeGraph()
    guard try outcome.get() else { return nil }
    var replacements = builder.replacements
    var named: Set<ValueID> = []
    for (index, result) in self[id].results.enumerated() {
      guard let result, let value = replacements[index] else { continue }
      let name = self[result].name
      rename(result, name + "/decomposed")
      if value.index >= before, producer(value) != nil, named.insert(value).inserted {
        rename(value, name)
      } else {
        replacements[index] = copy(value, name, before: id)
      }
      replaceUses(of: result, with: replacements[index] ?? value, by: "decompose")
    }
    removeNode(id)
    return replacements
  }

  /// A value under a name of its own, where it cannot be renamed.
  private mutating func copy(_ value: ValueID, _ name: String, before id: NodeID) -> ValueID {
    let source = self[id]
    let node = addNode(
      Identity(), [value], types: [self[value].type], name: source.name, resultNames: [name],
      origin: source.origin, trail: source.trail + ["decompose"], before: id)
    return self[node].result ?? value
  }
}
