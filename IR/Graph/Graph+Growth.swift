/// How far a graph had grown at one time, so that what came later can be taken back.
public struct Growth: Sendable {
  fileprivate let nodes: Int
  fileprivate let values: Int
  fileprivate let constants: Int
}

extension Graph {
  /// How far the graph has grown.
  ///
  /// - Complexity: O(1).
  public var growth: Growth {
    Growth(nodes: nodeTable.count, values: valueTable.count, constants: constantTable.count)
  }

  /// Takes back nodes and constants that were added and that nothing older reads.
  ///
  /// A pass builds beside the old nodes what is to stand for them, and only once all of it fits and
  /// the rewrite may be made, its readers change. No copy of the graph is needed for that.
  ///
  /// - Parameters:
  ///   - growth: From before they were added; since then nodes and constants were only added.
  ///   - edit: From the context.
  /// - Complexity: O(nodes and constants taken back).
  public mutating func takeBack(to growth: Growth, by edit: Edit) {
    for index in (growth.nodes..<nodeTable.count).reversed() {
      removeNode(NodeID(index: index))
      useTable.removeLastNode()
      nodeTable.removeLast()
      links.removeLast()
    }
    for value in valueTable[growth.values...] { usedNames.remove(value.name) }
    for _ in growth.values..<valueTable.count {
      precondition(useTable.removeLastValue(), "\(edit.pass): a value that was added is read")
      valueTable.removeLast()
    }
    constantTable.removeLast(constantTable.count - growth.constants)
  }
}
