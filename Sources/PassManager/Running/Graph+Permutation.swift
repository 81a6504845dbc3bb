@_spi(RawEditing) internal import CoppiceIR

extension Graph {
  /// Puts nodes that do not depend on each other in the opposite order, in every block.
  mutating func permuteIndependentNodes() {
    for id in allNodes {
      for block in self[id].blocks { permute(block) }
    }
    permute(body)
  }

  /// A topological order that takes, of the nodes that are ready, the last one first.
  private mutating func permute(_ block: BlockID) {
    let nodes = Array(self[block].nodes)
    let position = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($1, $0) })
    var waiting = [Int](repeating: 0, count: nodes.count)
    var readers = [[Int]](repeating: [], count: nodes.count)
    for (index, id) in nodes.enumerated() {
      let needed = Set(valuesRead(by: id).compactMap { producer($0).flatMap { position[$0] } })
      waiting[index] = needed.count
      for other in needed { readers[other].append(index) }
    }
    var ready = nodes.indices.filter { waiting[$0] == 0 }
    var order: [NodeID] = []
    while let next = ready.popLast() {
      order.append(nodes[next])
      for reader in readers[next] {
        waiting[reader] -= 1
        if waiting[reader] == 0 { ready.append(reader) }
      }
    }
    if order.count == nodes.count { setOrder(order, of: block) }
  }

  /// Operands of a node and of everything in its blocks.
  private func valuesRead(by id: NodeID) -> [ValueID] {
    let node = self[id]
    let inner = node.blocks.flatMap { block in
      self[block].outputs + self[block].nodes.flatMap { valuesRead(by: $0) }
    }
    return node.operands.compactMap { $0 } + inner
  }
}
