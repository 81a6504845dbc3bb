extension Verifier {
  /// Blocks and nodes name each other, and ids lie inside the tables; the other checks rely on it.
  mutating func tablesAgree() -> Bool {
    guard !graph.blockTable.isEmpty else {
      report("block", "the graph has no body")
      return false
    }
    var parents: [NodeID: Int] = [:]
    for (index, block) in graph.blockTable.enumerated() {
      placeNodes(of: BlockID(index: index), &parents)
      for value in block.inputs + block.outputs where !exists(value) {
        report("value", "block \(index) names value \(value.index), which does not exist")
      }
    }
    for (index, node) in graph.nodeTable.enumerated() {
      guard let node else { continue }
      let id = NodeID(index: index)
      if parents[id] == nil { report("node", "the node stands in no block", at: id) }
      for value in (node.operands + node.results).compactMap({ $0 }) where !exists(value) {
        report("value", "the node names value \(value.index), which does not exist", at: id)
      }
    }
    checkOwners()
    if found.isEmpty { checkReach() }
    if found.isEmpty { checkUseTable() }
    return found.isEmpty
  }

  private mutating func placeNodes(of block: BlockID, _ parents: inout [NodeID: Int]) {
    let nodes = graph[block].nodes
    var found = 0
    for id in nodes {
      place(id, in: block.index, &parents)
      found += 1
    }
    if found != nodes.count {
      report("node", "block \(block.index) lists \(found) nodes, but counts \(nodes.count)")
    }
  }

  private mutating func place(_ id: NodeID, in block: Int, _ parents: inout [NodeID: Int]) {
    guard graph.nodeTable.indices.contains(id.index), let node = graph.nodeTable[id.index] else {
      return report("node", "block \(block) lists node \(id.index), which was removed")
    }
    if let other = parents[id] {
      report("node", "the node stands twice, in blocks \(other) and \(block)", at: id)
    }
    parents[id] = block
    if node.parent.index != block {
      report("node", "the node stands in block \(block), but names \(node.parent.index)", at: id)
    }
  }

  private mutating func checkOwners() {
    var owners: [Int: NodeID] = [:]
    for (index, node) in graph.nodeTable.enumerated() {
      for block in node?.blocks ?? [] {
        let id = NodeID(index: index)
        guard graph.blockTable.indices.contains(block.index), block.index > 0 else {
          report("block", "the node lists block \(block.index), which is not its own", at: id)
          continue
        }
        if owners[block.index] != nil || graph[block].owner != id {
          report("block", "block \(block.index) belongs to another node", at: id)
        }
        owners[block.index] = id
      }
    }
    for (index, block) in graph.blockTable.enumerated() where owners[index] == nil {
      if index == 0, block.owner == nil { continue }
      if block.owner != nil || block.ends.count > 0 {
        report("block", "block \(index) belongs to no node")
      }
    }
  }

  /// No node is inside its own block: all are reached from the body.
  private mutating func checkReach() {
    let reached = Set(graph.allNodes)
    for (index, node) in graph.nodeTable.enumerated() where node != nil {
      let id = NodeID(index: index)
      if !reached.contains(id) { report("node", "the node is not reached from the body", at: id) }
    }
  }

  /// What edits have noted of uses is what there is.
  private mutating func checkUseTable() {
    for index in graph.valueTable.indices {
      let value = ValueID(index: index)
      if Set(uses[value]) != Set(graph.uses(of: value))
        || uses[value].count != graph.useCount(of: value)
      {
        report("uses", "%\(graph[value].name) is not read by those who are noted as its readers")
      }
    }
  }

  func exists(_ value: ValueID) -> Bool { graph.valueTable.indices.contains(value.index) }
}
