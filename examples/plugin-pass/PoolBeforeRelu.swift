import CPluginABI
import CoppiceIR
import CoppicePassManager

/// Pools before `Relu` instead of after it: the larger of two elements is chosen first, so that
/// `Relu` sees a quarter of them.
///
/// ```
/// before:  %r = Relu %x       after:  %p = MaxPool %x
///          %y = MaxPool %r            %y = Relu %p
/// ```
/// `Relu` is monotone, so the answers are the same. It must have no other reader, and `MaxPool` no
/// second result.
struct PoolBeforeRelu: Pass {
  static let info = PassInfo(
    name: "pool-before-relu", summary: "Pools before Relu instead of after it",
    statistics: ["swapped"])

  init(options: PassOptions) {}

  func run(on graph: inout Graph, _ context: inout PassContext) {
    for pool in graph.allNodes where graph[pool].op.name == "MaxPool" {
      guard let relu = movableRelu(before: pool, graph), let edit = context.edit(graph[pool])
      else {
        continue
      }
      swap(relu, pool, &graph, by: edit)
      context.count("swapped")
    }
  }

  /// The `Relu` that feeds a pooling and nothing else.
  private func movableRelu(before pool: NodeID, _ graph: Graph) -> NodeID? {
    guard let relu = graph.producer(graph[pool].operand(0)), graph[relu].op.name == "Relu",
      let activated = graph[relu].result, graph.uses()[activated].count == 1,
      graph[pool].results.dropFirst().allSatisfy({ $0 == nil }),
      let pooled = graph[pool].result, !graph.outputs.contains(pooled)
    else { return nil }
    return relu
  }

  private func swap(_ relu: NodeID, _ pool: NodeID, _ graph: inout Graph, by edit: Edit) {
    guard let old = graph[pool].result else { return }
    let type = graph[old].type
    let (first, then) = (graph[pool], graph[relu])
    let pooled = graph.addNode(
      first.op, [then.operand(0)], types: [type], like: pool, before: pool, by: edit)
    let activated = graph.addNode(
      then.op, [graph[pooled].result], types: [type], like: relu, before: pool, by: edit)
    guard let new = graph[activated].result else { return }
    graph.replaceUses(of: old, with: new, by: edit)
    graph.removeNode(pool, by: edit)
    graph.removeNode(relu, by: edit)
  }
}

/// What the plugin was compiled against; the compiler reads it before it loads anything.
@c(coppice_plugin_abi)
public func abi() -> UnsafePointer<CChar> { coppice_plugin_fingerprint() }

/// Hands the passes over.
@c(coppice_plugin_register)
public func register(_ registry: UnsafeMutableRawPointer) {
  PassRegistry.add([PoolBeforeRelu.self], to: registry)
}
