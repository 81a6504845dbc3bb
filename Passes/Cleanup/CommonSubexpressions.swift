public import CoppiceIR
public import CoppicePassManager

/// Computes equal things once.
///
/// ```
///   %a = Relu(%x) : f32[2]
///   %b = Relu(%x) : f32[2]
///   %y = Add(%a, %b) : f32[2]
/// ```
/// becomes
/// ```
///   %a = Relu(%x) : f32[2]
///   %y = Add(%a, %a) : f32[2]
/// ```
///
/// Two nodes are equal if operator, attributes and operands are; small constants count as equal if
/// their elements are. A node inside a body may take the place of nothing outside of it, but reads
/// what was computed outside. Weights are never joined: each keeps its name for pruning. Random
/// operators, nodes with bodies, and outputs of the model whose name would be lost stay.
///
/// - Complexity: O(nodes).
public struct CommonSubexpressions: Pass {
  /// What the pass says about itself.
  public static let info = PassInfo(
    name: "common-subexpressions", summary: "Compute equal things once", statistics: ["nodes"])

  /// Makes the pass.
  ///
  /// - Parameter options: None are known.
  public init(options: PassOptions) {}

  /// Walks each block in order, with what the blocks around it know.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - context: Permission and statistics.
  public func run(on graph: inout Graph, _ context: inout PassContext) {
    var known: [Expression: NodeID] = [:]
    visit(graph.body, &known, &graph, &context)
  }

  /// Visits a block; what is computed in it is forgotten at its end.
  private func visit(
    _ block: BlockID, _ known: inout [Expression: NodeID], _ graph: inout Graph,
    _ context: inout PassContext
  ) {
    var own: [Expression] = []
    for id in graph[block].nodes {
      guard let expression = Expression(id, in: graph) else {
        for inner in graph[id].blocks { visit(inner, &known, &graph, &context) }
        continue
      }
      if let first = known[expression] {
        if replace(id, by: first, &graph, &context) { context.count("nodes") }
      } else {
        known[expression] = id
        if block != graph.body { own.append(expression) }
      }
    }
    for expression in own { known[expression] = nil }
  }

  private func replace(
    _ id: NodeID, by first: NodeID, _ graph: inout Graph, _ context: inout PassContext
  ) -> Bool {
    let pairs = zip(graph[id].results, graph[first].results)
    let isComplete = pairs.allSatisfy { old, new in
      guard let old else { return true }
      return new.map { graph.canSubstitute(old, with: $0) } ?? false
    }
    guard isComplete, let edit = context.edit(graph[id]) else { return false }
    for case (let old?, let new?) in pairs { graph.substitute(old, with: new, by: edit) }
    graph.removeNode(id, by: edit)
    return true
  }
}

/// What a node computes, for comparison.
private struct Expression: Hashable {
  enum Operand: Hashable {
    case absent
    case value(ValueID)
    case constant(Constant)
  }

  let op: ObjectIdentifier
  let attributes: Attributes
  let operands: [Operand]
  let types: [TensorType?]

  /// Constants above this size are compared by identity: they are weights.
  private static let smallConstant = 256

  init?(_ id: NodeID, in graph: Graph) {
    let node = graph[id]
    guard node.blocks.isEmpty, !node.op.isDrawn else { return nil }
    op = ObjectIdentifier(type(of: node.op))
    attributes = node.op.attributes
    let weights = node.op.weightOperands
    operands = node.operands.enumerated().map { index, value in
      guard let value else { return .absent }
      guard let constant = graph.constant(value), constant.type.byteCount <= Self.smallConstant,
        !weights.contains(index)
      else { return .value(value) }
      return .constant(constant)
    }
    types = node.results.map { $0.map { graph[$0].type } }
  }
}
