public import CoppiceIR
public import CoppicePassManager

/// Applies element-wise operators where their producer stores.
///
/// ```
///   %a = Conv(%x, %w, %b) : f32[1,2,3,3]
///   %c = Add(%a, %skip) : f32[1,2,3,3]
///   %y = Relu(%c) : f32[1,2,3,3]
/// ```
/// becomes
/// ```
///   %y = coppice.Fused() : f32[1,2,3,3] () {
///     %a = Conv(%x, %w, %b) : f32[1,2,3,3]
///     %c = Add(%a, %skip) : f32[1,2,3,3]
///     %d = Relu(%c) : f32[1,2,3,3]
///     yield %d
///   }
/// ```
///
/// The producer stores each element once (`Operator.storesOnce`). An operator of the tail is
/// element-wise, reads the value before it once and is its only reader, and keeps its type, so that
/// nothing is broadcast or converted on the way. What else it reads may be anything computed before.
///
/// - Complexity: O(nodes).
public struct FuseElementwise: Pass {
  /// What the pass says about itself.
  public static let info = PassInfo(
    name: "fuse-elementwise", summary: "Apply element-wise operators where their producer stores",
    options: [
      PassOption(
        "longest", .integer(1...64), default: "16", "The most operators that one tail takes")
    ],
    statistics: ["tails", "operators"],
    example: "@cleanup,fuse-elementwise{longest=4}")

  private let longest: Int

  /// Makes the pass.
  ///
  /// - Parameter options: `longest`.
  /// - Throws: Nothing that the check of the options lets through.
  public init(options: PassOptions) throws {
    longest = try options.integer("longest")
  }

  /// Lets each producer take as long a tail as it can, the first in the graph first.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - context: Permission and statistics.
  public func run(on graph: inout Graph, _ context: inout PassContext) {
    var taken: Set<NodeID> = []
    for id in graph.allNodes where !taken.contains(id) && !graph.isInsideFused(id) {
      let chain = graph.chain(from: id, longest: longest, without: taken)
      guard chain.count > 1, let edit = context.edit(graph[id]) else { continue }
      graph.fuseKeepingName(chain, by: edit)
      taken.formUnion(chain)
      context.count("tails")
      context.count("operators", by: chain.count - 1)
    }
  }
}

extension Graph {
  /// Fuses a chain, whose last name goes to the fused node's result: it may be a model's output.
  fileprivate mutating func fuseKeepingName(_ chain: [NodeID], by edit: Edit) {
    guard let inner = chain.last.flatMap({ self[$0].result }) else { return }
    let name = self[inner].name
    rename(inner, name + "/fused", by: edit)
    guard let fused = fuse(chain, by: edit), let result = self[fused].result else { return }
    rename(result, name, by: edit)
  }

  fileprivate func isInsideFused(_ id: NodeID) -> Bool {
    self[self[id].parent].owner.map { self[$0].op is Fused } ?? false
  }

  /// A producer and the longest tail it can take.
  fileprivate func chain(
    from head: NodeID, longest: Int, without taken: Set<NodeID>
  ) -> [NodeID] {
    var chain = [head]
    guard self[head].op.storesOnce, self[head].blocks.isEmpty,
      self[head].results.compactMap({ $0 }).count == 1, var value = self[head].result
    else { return chain }
    while chain.count <= longest, case .operand(let next, _)? = onlyUse(of: value),
      !taken.contains(next), self[next].op is any Elementwise,
      self[next].parent == self[head].parent, let result = self[next].result,
      self[result].type == self[value].type
    {
      chain.append(next)
      value = result
    }
    return chain
  }
}
