/// Checks a graph's invariants; passes are verified by it one by one.
///
/// **Blocks.** The body belongs to no node. Every other block in use belongs to the one node that
/// lists it. A live node stands in exactly one block, once, and names that block as its parent; a
/// block lists no removed nodes.
///
/// **Values.** Ids lie inside the graph's tables. A result knows its node and its number; an input
/// stands in one block's inputs, once; a constant's id is in the store and its type is the value's. Names of values
/// that are defined are not empty, are unique, and are taken in the graph's set of names.
///
/// **Uses.** Operands and outputs are defined. What a node reads is a constant, an input of its
/// block or of a block around it, or a result of a node that stands earlier in its block, or earlier
/// than the node around it in a block around it. What a block yields is visible at its end. The use
/// lists that edits keep name exactly the operands and outputs there are.
///
/// **Types.** Extents are not negative and their product does not overflow. Operands and results
/// are as many as the schema allows, required ones are there. Inference accepts each node and gives
/// the element types and shapes that its results have.
///
/// **Assumptions.** Each is about an input of the graph, for all of its elements, and can be met.
///
/// **Constants.** Dense storage has the bytes of its type, uniform storage those of one element, and
/// sparse storage has starts that ascend, indices in range and as many values as indices.
///
/// **Fused nodes.** No operands, one result, one block without inputs that yields one value; each node of
/// the block but the last has one result, which only the next node reads.
public struct Verifier {
  let graph: Graph
  var found: [Diagnostic] = []
  lazy var uses = graph.uses()

  private init(_ graph: Graph) { self.graph = graph }

  /// Checks a graph.
  ///
  /// - Parameter graph: Any graph.
  /// - Returns: Everything that is wrong; empty for a good graph.
  /// - Complexity: O(nodes + values + bytes of sparse storages).
  public static func check(_ graph: Graph) -> [Diagnostic] {
    var verifier = Verifier(graph)
    guard verifier.tablesAgree() else { return verifier.found }
    verifier.checkValues()
    verifier.checkUses()
    for id in graph.allNodes { verifier.check(id) }
    verifier.checkAssumptions()
    verifier.checkOutputNames()
    return verifier.found
  }

  mutating func report(_ id: String, _ text: String, at node: NodeID? = nil) {
    let place =
      node.flatMap { graph.contains($0) ? graph.location($0) : nil }
      ?? (graph.source.isEmpty ? .none : .file(graph.source))
    found.append(Diagnostic(.error, DiagnosticMessage("verify-" + id, text), at: place))
  }
}
