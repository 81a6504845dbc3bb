public import CoppiceIR
public import CoppicePassManager

/// Removes nodes that give back their operand.
///
/// ```
///   %a = Identity(%x) : f32[2,3]
///   %b = Transpose(%a) {perm = [0, 1]} : f32[2,3]
///   %c = Mul(%b, %one) : f32[2,3]
///   %d = Relu(%c) : f32[2,3]
/// ```
/// becomes
/// ```
///   %d = Relu(%x) : f32[2,3]
/// ```
///
/// Gone are Identity; Dropout outside of training, if nobody reads its mask; Cast, Reshape, Flatten,
/// Squeeze, Unsqueeze, Expand and Tile to the type that is there; Transpose that moves no axis; Pad
/// by nothing; Slice of everything; Concat, Sum, Max, Min and Mean of one operand; and arithmetic
/// that keeps every bit: whole numbers plus, minus or or'ed with 0, times or divided by 1; floats
/// minus +0, plus -0, times or divided by 1, to the power of 1. Floats plus +0 stay, because
/// -0 + 0 is +0. A chain of reshapes back to the first shape goes too.
///
/// A node that carries an input or constant straight to a model's output stays.
///
/// - Complexity: O(nodes).
public struct RemoveIdentities: Pass {
  /// What the pass says about itself.
  public static let info = PassInfo(
    name: "remove-identities", summary: "Remove nodes that give back their operand",
    statistics: ["nodes"])

  /// Makes the pass.
  ///
  /// - Parameter options: None are known.
  public init(options: PassOptions) {}

  /// Walks once, so that chains collapse from the front.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - context: Permission and statistics.
  public func run(on graph: inout Graph, _ context: inout PassContext) {
    for id in graph.allNodes {
      let node = graph[id]
      guard let result = node.result, let same = graph.sameAsResult(of: id),
        graph.othersAreUnread(node), graph.canSubstitute(result, with: same),
        let edit = context.edit(node)
      else { continue }
      graph.substitute(result, with: same, by: edit)
      graph.removeNode(id, by: edit)
      context.count("nodes")
    }
  }
}

extension Graph {
  /// The value that a node's first result always equals, to the bit.
  fileprivate func sameAsResult(of id: NodeID) -> ValueID? {
    let node = self[id]
    guard let x = node.operand(0), let y = node.result else { return nil }
    let keepsType = self[x].type == self[y].type
    switch node.op {
    case is Identity: return x
    case is Dropout: return isTraining(node) ? nil : x
    case is Cast, is Expand, is Tile: return keepsType ? x : nil
    case let op where op.isReshape: return sourceOfReshapes(x, self[y].type)
    case let op as Transpose:
      let axes = op.order(rank: self[x].type.rank)
      return axes == Array(0..<self[x].type.rank) ? x : nil
    case is Pad: return keepsType && padsNothing(node) ? x : nil
    case is Slice: return keepsType && goesForward(node) ? x : nil
    case is Concat, is Sum, is Max, is Min, is Mean:
      return node.operands.count == 1 && keepsType ? x : nil
    default: return neutralArithmetic(node, self[y].type)
    }
  }

  private func isTraining(_ node: Node) -> Bool {
    guard let mode = node.operand(2) else { return false }
    return constant(mode)?.onlyNumber != 0
  }

  /// Follows reshapes back to a value of the wanted type, a bounded way.
  private func sourceOfReshapes(_ value: ValueID, _ type: TensorType) -> ValueID? {
    var value = value
    var steps = 0
    while self[value].type != type {
      steps += 1
      guard steps <= 64, let id = producer(value), let source = self[id].operand(0),
        self[id].op.isReshape
      else { return nil }
      value = source
    }
    return value
  }

  private func padsNothing(_ node: Node) -> Bool {
    constant(node.operand(1))?.integers?.allSatisfy { $0 == 0 } ?? false
  }

  private func goesForward(_ node: Node) -> Bool {
    guard let steps = node.operand(4) else { return true }
    return constant(steps)?.integers?.allSatisfy { $0 > 0 } ?? false
  }

  private func neutralArithmetic(_ node: Node, _ type: TensorType) -> ValueID? {
    guard node.operands.count == 2, let a = node.operand(0), let b = node.operand(1) else {
      return nil
    }
    if self[a].type == type, isNeutral(b, onTheRightOf: node.op, type.element) { return a }
    let commutes = node.op is Add || node.op is Mul
    if commutes, self[b].type == type, isNeutral(a, onTheRightOf: node.op, type.element) {
      return b
    }
    return nil
  }

  private func isNeutral(
    _ value: ValueID, onTheRightOf op: any Operator, _ element: ElementType
  ) -> Bool {
    guard let number = constant(value)?.onlyNumber else { return false }
    switch op {
    case is Add: return number == 0 && (!element.isFloat || number.sign == .minus)
    case is Sub: return number == 0 && (!element.isFloat || number.sign == .plus)
    case is Mul, is Div: return number == 1
    case is Pow: return number == 1 && element.isFloat
    default: return false
    }
  }

  fileprivate func othersAreUnread(_ node: Node) -> Bool {
    node.results.dropFirst().compactMap { $0 }.allSatisfy { useCount(of: $0) == 0 }
  }
}
