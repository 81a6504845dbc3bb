internal import CoppiceIR

extension Graph {
  /// Whether two graphs compute the same in the same way: nodes, operands, types and elements.
  ///
  /// - Complexity: O(1) for a copy that nobody edited, O(nodes) for another copy of one graph; constants that
  ///   were replaced are compared.
  func isSame(as other: Graph) -> Bool { sharesTables(with: other) || isSame(body, as: other) }

  private func isSame(_ block: BlockID, as other: Graph) -> Bool {
    let (mine, theirs) = (self[block], other[block])
    guard mine.inputs == theirs.inputs, mine.outputs == theirs.outputs,
      mine.nodes.elementsEqual(theirs.nodes),
      mine.outputs.allSatisfy({ isSame($0, as: other) })
    else { return false }
    return mine.nodes.allSatisfy { isSame($0, as: other) }
  }

  private func isSame(_ id: NodeID, as other: Graph) -> Bool {
    let (mine, theirs) = (self[id], other[id])
    guard mine.operands == theirs.operands, mine.results == theirs.results,
      mine.blocks == theirs.blocks, type(of: mine.op) == type(of: theirs.op),
      mine.op.attributes == theirs.op.attributes
    else { return false }
    let values = (mine.operands + mine.results).compactMap { $0 }
    return values.allSatisfy { isSame($0, as: other) }
      && mine.blocks.allSatisfy { isSame($0, as: other) }
  }

  private func isSame(_ value: ValueID, as other: Graph) -> Bool {
    self[value].type == other[value].type && self[value].definition == other[value].definition
      && constant(value) == other.constant(value)
  }
}
