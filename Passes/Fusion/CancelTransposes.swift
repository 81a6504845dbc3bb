public import CoppiceIR
public import CoppicePassManager

/// Joins transposes that follow each other, and drops pairs that cancel.
///
/// ```
///   %a = Transpose(%x) {perm = [0, 2, 3, 1]}
///   %b = Mul(%a, %scale)
///   %y = Transpose(%b) {perm = [0, 3, 1, 2]}
/// ```
/// becomes
/// ```
///   %y = Mul(%x, %scale')
/// ```
/// with the constant transposed where it is broadcast along other axes now.
///
/// Element-wise operators between the pair are computed in the other order of axes if only the path
/// to the second transpose reads them, and each of their operands is a constant or comes from a
/// transpose that cancels. A model converted from channels-last data loses its transposes so.
///
/// - Complexity: O(nodes) for each transpose.
public struct CancelTransposes: Pass {
  /// What the pass says about itself.
  public static let info = PassInfo(
    name: "cancel-transposes", summary: "Join transposes, and drop pairs that cancel",
    statistics: ["transposes"])

  /// Makes the pass.
  ///
  /// - Parameter options: None are known.
  public init(options: PassOptions) {}

  /// Tries each transpose as the second of a pair.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - context: Permission and statistics.
  public func run(on graph: inout Graph, _ context: inout PassContext) {
    for id in graph.allNodes where graph.contains(id) {
      if graph.joinTranspose(id, &context) || graph.cancelTranspose(id, &context) {
        context.count("transposes")
      }
    }
  }
}

extension Graph {
  fileprivate func axes(of id: NodeID) -> [Int]? {
    guard let op = self[id].op as? Transpose, let x = self[id].operand(0) else { return nil }
    return op.order(rank: self[x].type.rank)
  }

  /// Makes a transpose of a transpose read the first one's operand.
  fileprivate mutating func joinTranspose(_ id: NodeID, _ context: inout PassContext) -> Bool {
    guard let outer = axes(of: id), let first = producer(self[id].operand(0)),
      let inner = axes(of: first), let source = self[first].operand(0)
    else { return false }
    let joined = outer.map { inner[$0] }
    if joined == Array(outer.indices) { return false }
    guard context.mayRewrite(self[id]) else { return false }
    setOperator(
      id, Transpose(attributes: ["perm": .ints(joined)]), operands: [source],
      by: CancelTransposes.info.name)
    return true
  }

  /// Computes the operand of a transpose in the transposed order of axes, if that is free.
  fileprivate mutating func cancelTranspose(_ id: NodeID, _ context: inout PassContext) -> Bool {
    guard let order = axes(of: id), let x = self[id].operand(0), let y = self[id].result,
      producer(x) != nil
    else { return false }
    let plan = TransposePlan(self, order, block: self[id].parent, uses: uses())
    guard plan.isFree(x, depth: 0) == .cancels, context.isInScope(self[id]) else { return false }
    var attempt = self
    guard let value = plan.rebuild(x, in: &attempt), attempt.canSubstitute(y, with: value),
      context.mayRewrite(self[id])
    else { return false }
    attempt.substitute(y, with: value, by: CancelTransposes.info.name)
    attempt.removeNode(id)
    self = attempt
    return true
  }
}

/// How values would be computed in another order of axes.
private struct TransposePlan {
  enum Cost { case cancels, constant, dear }

  let graph: Graph
  let order: [Int]
  let block: BlockID
  let uses: UseMap
  /// Longer chains of element-wise operators between a pair do not occur in real models.
  private static let deepest = 32

  init(_ graph: Graph, _ order: [Int], block: BlockID, uses: UseMap) {
    self.graph = graph
    self.order = order
    self.block = block
    self.uses = uses
  }

  /// Whether a value can be had in the other order without a new transpose.
  func isFree(_ value: ValueID, depth: Int) -> Cost {
    if graph.constant(value) != nil { return .constant }
    guard depth < Self.deepest, let id = graph.producer(value), graph[id].parent == block else {
      return .dear
    }
    if let inner = graph.axes(of: id) {
      return order.map { inner[$0] } == Array(order.indices) ? .cancels : .dear
    }
    guard graph[id].op is any Elementwise, uses[value].count == 1, graph[id].results.count == 1,
      graph[value].type.rank == order.count
    else { return .dear }
    let costs = graph[id].operands.compactMap { $0 }.map { isFree($0, depth: depth + 1) }
    if costs.contains(.dear) { return .dear }
    let fullRank = graph[id].operands.compactMap { $0 }.allSatisfy {
      graph.constant($0) != nil || graph[$0].type.rank == order.count
    }
    return fullRank && costs.contains(.cancels) ? .cancels : .dear
  }

  /// Builds a value in the other order; `nil` if some type does not fit.
  func rebuild(_ value: ValueID, in copy: inout Graph) -> ValueID? {
    if let constant = copy.constant(value) { return transposed(constant, value, in: &copy) }
    guard let id = copy.producer(value) else { return nil }
    if copy.axes(of: id) != nil { return copy[id].operand(0) }
    var operands: [ValueID?] = []
    for operand in copy[id].operands {
      guard let operand else {
        operands.append(nil)
        continue
      }
      guard let built = rebuild(operand, in: &copy) else { return nil }
      operands.append(built)
    }
    let new = copy.insert(copy[id].op, operands, before: id, by: CancelTransposes.info.name)
    if let new {
      let name = copy[value].name
      copy.rename(value, name + "/moved")
      copy.rename(new, name)
    }
    return new
  }

  private func transposed(
    _ constant: Constant, _ value: ValueID, in copy: inout Graph
  ) -> ValueID? {
    if constant.type.count == 1, constant.type.rank <= 1 { return value }
    let rank = order.count
    guard constant.type.rank <= rank else { return nil }
    let ones = Array(repeating: 1, count: rank - constant.type.rank)
    let padded = constant.reshaped(ones + constant.type.shape)
    guard let moved = padded.permuted(order) else { return nil }
    return copy.addConstant(moved, name: copy[value].name)
  }
}
