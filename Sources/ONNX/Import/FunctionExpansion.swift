import COnnx
import CoppiceIR

/// How many nodes calls stand for, told without expanding them.
struct FunctionExpansion {
  private let functions: [String: UnsafeMutablePointer<FunctionProto>]
  private let limits: Limits
  private var known: [String: Int] = [:]

  init(_ declarations: Declarations, limits: Limits) {
    functions = declarations.functions
    self.limits = limits
  }

  /// A lower bound of the nodes that are read for a body: those of branches and loops are left out,
  /// and calls deeper than the limit.
  ///
  /// - Complexity: O(nodes of the body and of all functions).
  mutating func fewestNodes(
    of nodes: [UnsafeMutablePointer<NodeProto>], depth: Int = 0
  ) -> Int {
    nodes.reduce(nodes.count) { count, node in
      let (sum, isOver) = count.addingReportingOverflow(calledNodes(of: node, depth: depth))
      return isOver ? .max : sum
    }
  }

  private mutating func calledNodes(
    of node: UnsafeMutablePointer<NodeProto>, depth: Int
  ) -> Int {
    let key = Declarations.functionKey(of: node)
    if let count = known[key] { return count }
    guard depth < limits.depth, let function = functions[key]?.pointee else { return 0 }
    // What calls itself is refused by its call.
    known[key] = 0
    let count = fewestNodes(of: messages(function.node, function.n_node), depth: depth + 1)
    known[key] = count
    return count
  }
}
