public import CoppiceIR
public import CoppicePassManager

/// Joins transposes that follow each other, and drops pairs that cancel.
///
/// ```
///   %a = Transpose(%x) {perm = [0, 2, 3, 1]} : f32[1,4,4,2]
///   %b = Mul(%a, %scale) : f32[1,4,4,2]
///   %y = Transpose(%b) {perm = [0, 3, 1, 2]} : f32[1,2,4,4]
/// ```
/// becomes
/// ```
///   %y = Mul(%x, %turned) : f32[1,2,4,4]
/// ```
/// with the constant transposed where it is broadcast along other axes now.
///
/// Element-wise operators between the pair are computed in the other order of axes if only the path
/// to the second transpose reads them, and each of their operands is a constant or comes from a
/// transpose that cancels. A model converted from channels-last data loses its transposes so.
///
/// - Complexity: O(nodes).
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
    guard let edit = context.edit(self[id]) else { return false }
    setOperator(
      id, Transpose(attributes: ["perm": .ints(joined)]), operands: [source], by: edit)
    return true
  }

  /// Computes the operand of a transpose in the transposed order of axes, if that is free.
  fileprivate mutating func cancelTranspose(_ id: NodeID, _ context: inout PassContext) -> Bool {
    guard let order = axes(of: id), let x = self[id].operand(0), let y = self[id].result,
      producer(x) != nil
    else { return false }
    let plan = TransposePlan(order: order, block: self[id].parent)
    guard plan.isFree(x, in: self, depth: 0) == .cancels, context.isInScope(self[id]) else {
      return false
    }
    var moving = TransposeMoving(order: order, edit: context.preparation)
    guard let value = moving.rebuild(x, in: &self), canSubstitute(y, with: value),
      let edit = context.edit(self[id])
    else {
      moving.undo(in: &self)
      return false
    }
    moving.takeNames(in: &self)
    substitute(y, with: value, by: edit)
    removeNode(id, by: edit)
    return true
  }
}

/// Whether values could be computed in another order of axes.
private struct TransposePlan {
  enum Cost { case cancels, constant, dear }

  let order: [Int]
  let block: BlockID
  /// Longer chains of element-wise operators between a pair do not occur in real models.
  private static let deepest = 32

  /// Whether a value can be had in the other order without a new transpose.
  func isFree(_ value: ValueID, in graph: Graph, depth: Int) -> Cost {
    if graph.constant(value) != nil { return .constant }
    guard depth < Self.deepest, let id = graph.producer(value), graph[id].parent == block else {
      return .dear
    }
    if let inner = graph.axes(of: id) {
      return order.map { inner[$0] } == Array(order.indices) ? .cancels : .dear
    }
    guard graph[id].op is any Elementwise, graph.useCount(of: value) == 1,
      graph[id].results.count == 1, graph[value].type.rank == order.count
    else { return .dear }
    var cancels = false
    for case let operand? in graph[id].operands {
      guard graph.constant(operand) != nil || graph[operand].type.rank == order.count else {
        return .dear
      }
      switch isFree(operand, in: graph, depth: depth + 1) {
      case .dear: return .dear
      case .cancels: cancels = true
      case .constant: break
      }
    }
    return cancels ? .cancels : .dear
  }
}

/// Values computed in another order of axes, beside the old ones until it is known that all fit.
private struct TransposeMoving {
  let order: [Int]
  private let edit: Edit
  private var nodes: [NodeID] = []
  private var constants: [ValueID] = []
  private var pairs: [(old: ValueID, new: ValueID)] = []

  init(order: [Int], edit: Edit) { (self.order, self.edit) = (order, edit) }

  /// Builds a value in the other order; `nil` if some type does not fit.
  mutating func rebuild(_ value: ValueID, in graph: inout Graph) -> ValueID? {
    if let constant = graph.constant(value) { return transposed(constant, value, in: &graph) }
    guard let id = graph.producer(value) else { return nil }
    if graph.axes(of: id) != nil { return graph[id].operand(0) }
    var operands: [ValueID?] = []
    for operand in graph[id].operands {
      guard let operand else {
        operands.append(nil)
        continue
      }
      guard let built = rebuild(operand, in: &graph) else { return nil }
      operands.append(built)
    }
    let op = graph[id].op
    guard let new = graph.insert(op, operands, before: id, by: edit) else {
      return nil
    }
    if let node = graph.producer(new) { nodes.append(node) }
    pairs.append((value, new))
    return new
  }

  private mutating func transposed(
    _ constant: Constant, _ value: ValueID, in graph: inout Graph
  ) -> ValueID? {
    if constant.type.count == 1, constant.type.rank <= 1 { return value }
    let rank = order.count
    guard constant.type.rank <= rank else { return nil }
    let ones = Array(repeating: 1, count: rank - constant.type.rank)
    let padded = constant.reshaped(ones + constant.type.shape)
    guard let moved = padded.permuted(order) else { return nil }
    let new = graph.addConstant(moved, name: graph[value].name, by: edit)
    constants.append(new)
    return new
  }

  /// Lets the new values have the names of those they stand for.
  func takeNames(in graph: inout Graph) {
    for (old, new) in pairs {
      let name = graph[old].name
      graph.rename(old, name + "/moved", by: edit)
      graph.rename(new, name, by: edit)
    }
  }

  /// Takes everything back that was built.
  func undo(in graph: inout Graph) {
    for node in nodes.reversed() { graph.removeNode(node, by: edit) }
    for constant in constants { graph.removeConstant(constant, by: edit) }
  }
}
