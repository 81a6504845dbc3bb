public import CoppiceIR
public import CoppicePassManager

/// Removes nodes whose results nobody reads, and constants that nobody reads.
///
/// ```
///   %a = Relu(%x) : f32[2]
///   %b = Sigmoid(%x) : f32[2]
///   return %a
/// ```
/// becomes
/// ```
///   %a = Relu(%x) : f32[2]
///   return %a
/// ```
///
/// Bodies of If, Loop and Scan are entered: what they do not yield goes, and what only such a node
/// read around them goes with it. The model's inputs stay.
///
/// - Complexity: O(nodes).
public struct RemoveDead: Pass {
  /// What the pass says about itself.
  public static let info = PassInfo(
    name: "remove-dead", summary: "Remove nodes and constants that nobody reads",
    statistics: ["nodes", "constants"])

  /// Makes the pass.
  ///
  /// - Parameter options: None are known.
  public init(options: PassOptions) {}

  /// Removes from the last node to the first, so that one walk finds everything.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - context: Permission and statistics.
  public func run(on graph: inout Graph, _ context: inout PassContext) {
    var readers = ReaderCounts(graph)
    for id in graph.allNodes.reversed() where graph.contains(id) {
      let node = graph[id]
      guard node.results.allSatisfy({ readers[$0] == 0 }), let edit = context.edit(node) else {
        continue
      }
      readers.forget(id, in: graph)
      graph.removeNode(id, by: edit)
      context.count("nodes")
    }
    guard !context.isScoped else { return }
    for value in graph.constantValues where readers[value] == 0 {
      guard let edit = context.edit() else { continue }
      graph.removeConstant(value, by: edit)
      context.count("constants")
    }
  }
}

/// How many operands and block outputs read each value.
private struct ReaderCounts {
  private var counts: [ValueID: Int] = [:]

  init(_ graph: Graph) {
    for value in graph.outputs { counts[value, default: 0] += 1 }
    for id in graph.allNodes { add(id, 1, in: graph) }
  }

  subscript(value: ValueID?) -> Int { value.map { counts[$0] ?? 0 } ?? 0 }

  /// Forgets what a node and everything in its blocks read.
  mutating func forget(_ id: NodeID, in graph: Graph) {
    add(id, -1, in: graph)
    for inner in graph[id].blocks.flatMap({ graph.allNodes(in: $0) }) { add(inner, -1, in: graph) }
  }

  private mutating func add(_ id: NodeID, _ amount: Int, in graph: Graph) {
    let node = graph[id]
    for case let value? in node.operands { counts[value, default: 0] += amount }
    for value in node.blocks.flatMap({ graph[$0].outputs }) { counts[value, default: 0] += amount }
  }
}
