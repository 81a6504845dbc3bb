public import CoppiceIR
public import CoppicePassManager

/// Removes the channels that change nothing: those that are constant, and those that nobody reads.
///
/// ```
///   %w = constant [0.0, 2.0] : f32[2,1,1,1]
///   %b = constant [3.0, 0.5] : f32[2]
///   %v = constant [4.0, 5.0] : f32[1,2,1,1]
///   %a = Conv(%x, %w, %b) : f32[1,2,2,2]
///   %y = Conv(%a, %v) : f32[1,1,2,2]
/// ```
/// becomes
/// ```
///   %w = constant [2.0] : f32[1,1,1,1]
///   %b = constant [0.5] : f32[1]
///   %v = constant [5.0] : f32[1,1,1,1]
///   %c = constant [12.0] : f32[1]
///   %a = Conv(%x, %w, %b) : f32[1,1,2,2]
///   %y = Conv(%a, %v, %c) : f32[1,1,2,2]
/// ```
///
/// A filter of zeros gives its bias b everywhere, and f(b) behind activations, normalisations and
/// pooling. Where f(b) is 0 the channel goes with what reads it. Else each layer that reads it takes
/// f(b) times its weights into its bias first; that is wrong at the borders of a convolution that pads
/// with zeros, whose channels stay, as do those of a transposed convolution or of a layer without room
/// for a bias. A channel that every layer multiplies by 0 goes whatever it holds. What cannot be removed
/// for its structure stays, as with `prune-filters`. One channel of each layer stays in any case.
///
/// - Complexity: O(nodes + weights) for each round; a round for each layer that died by the last one.
public struct RemoveDeadChannels: Pass {
  /// Name, options and statistics.
  public static let info = PassInfo(
    name: "remove-dead-channels", summary: "Remove channels that are constant or that nobody reads",
    statistics: ["filters-removed", "layers-pruned"])

  /// Makes the pass.
  ///
  /// - Parameter options: None are known.
  public init(options: PassOptions) {}

  /// Removes channels until none is dead.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Permission; gets a table of the layers.
  /// - Throws: What type inference says afterwards.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    graph.inlineFused(by: context.preparation)
    var rounds = 0
    while rounds < graph.nodes.count, try removeOnce(&graph, &context) { rounds += 1 }
    if rounds == 0 {
      context.warn(
        DiagnosticMessage("prune-nothing", "nothing is removed: no channel is dead"))
    }
  }

  private func removeOnce(_ graph: inout Graph, _ context: inout PassContext) throws -> Bool {
    let dead = DeadChannels(FilterAnalysis(graph, context))
    let units = removable(dead.units, FilterAnalysis(graph, context))
    guard !units.isEmpty, let edit = context.edit() else { return false }
    for fold in dead.folds { fold.target.add(fold.change, to: &graph, by: edit) }
    for cut in dead.cuts.sorted(by: { ($0.node, $0.index) < ($1.node, $1.index) }) {
      guard let constant = graph.constant(graph[cut.node].operand(cut.operand)) else { continue }
      graph.replaceConstant(
        cut.operand, of: cut.node, with: constant.clearing([cut.index], axis: cut.axis),
        by: edit)
    }
    let analysis = FilterAnalysis(graph, context)
    let rewriting = FilterRewriting(analysis: analysis, removed: units, edit: edit)
    try rewriting.apply(to: &graph, isMaskOnly: false, &context)
    return true
  }

  /// All but the first of a layer that would lose all.
  private func removable(_ units: Set<Int>, _ analysis: FilterAnalysis) -> Set<Int> {
    var left = units
    for layer in analysis.layers {
      let roots = layer.units.map { analysis.forest.root($0) }
      if let first = roots.first, roots.allSatisfy(left.contains) { left.remove(first) }
    }
    return left
  }
}
