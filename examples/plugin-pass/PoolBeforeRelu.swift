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
      guard let relu = movableRelu(before: pool, graph), context.mayRewrite(graph[pool]) else {
        continue
      }
      swap(relu, pool, &graph)
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

  private func swap(_ relu: NodeID, _ pool: NodeID, _ graph: inout Graph) {
    guard let old = graph[pool].result else { return }
    let type = graph[old].type
    let (first, then) = (graph[pool], graph[relu])
    let pooled = graph.addNode(
      first.op, [then.operand(0)], types: [type], name: first.name, origin: first.origin,
      trail: first.trail + [Self.info.name], before: pool)
    let activated = graph.addNode(
      then.op, [graph[pooled].result], types: [type], name: then.name, origin: then.origin,
      trail: then.trail + [Self.info.name], before: pool)
    guard let new = graph[activated].result else { return }
    graph.replaceUses(of: old, with: new, by: Self.info.name)
    graph.removeNode(pool)
    graph.removeNode(relu)
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
