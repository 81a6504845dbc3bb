package import CoppiceIR
package import CoppicePassManager

/// The units that filter pruning may remove from a model, as gates: each switches one unit off.
///
/// A unit that is off computes what `prune-filters{mask-only=true}` would leave of the model.
package struct FilterGates {
  let analysis: FilterAnalysis
  private let edit: Edit
  /// The unit of each gate, in the order of the units' first filters; without scores.
  let candidates: [FilterSelection.Candidate]
  /// The gates; as many as there are units.
  package let gates: ModelGates

  /// Finds the units of a graph.
  ///
  /// - Parameters:
  ///   - graph: No node of it is fused.
  ///   - context: The scope.
  package init(_ graph: Graph, _ context: PassContext) {
    self.init(FilterAnalysis(graph, context), context.preparation)
  }

  init(_ analysis: FilterAnalysis, _ edit: Edit) {
    (self.analysis, self.edit) = (analysis, edit)
    let forest = analysis.forest
    let candidates = analysis.candidates()
    let numbers = Dictionary(
      uniqueKeysWithValues: candidates.enumerated().map { ($1.unit, $0) })
    self.candidates = candidates
    gates = ModelGates(
      count: candidates.count,
      readings: analysis.slices.filter(\.isMasked).map { slice in
        ModelGates.Reading(
          node: slice.node, operand: slice.operand, axis: slice.axis,
          gates: slice.units.map { numbers[forest.root($0)] })
      })
  }

  /// The model with the parts of units masked that are off.
  ///
  /// - Parameter setting: Which gates are off.
  /// - Returns: The graph.
  package func masked(_ setting: GateSetting) -> Graph {
    let off = Set(zip(candidates, setting.isOn).filter { !$0.1 }.map(\.0.unit))
    var graph = analysis.graph
    FilterRewriting(analysis: analysis, removed: off, edit: edit).mask(&graph)
    return graph
  }
}
