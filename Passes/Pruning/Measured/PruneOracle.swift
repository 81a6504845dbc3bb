public import CoppiceIR
public import CoppicePassManager

/// Removes the filters whose absence changes the loss least, as measured on samples.
///
/// ```
///   %w = constant [1.0, 1.0, 3.0, 4.0] : f32[2,2,1,1]
///   %v = constant [7.0, 0.0] : f32[1,2,1,1]
///   %a = Conv(%x, %w) : f32[1,2,2,2]
///   %y = Conv(%a, %v) : f32[1,1,2,2]
/// ```
/// becomes, with `prune-oracle{data=samples,sparsity=0.5}`, as nothing depends on the second filter,
/// ```
///   %w = constant [1.0, 1.0] : f32[1,2,1,1]
///   %v = constant [7.0] : f32[1,1,1,1]
///   %a = Conv(%x, %w) : f32[1,1,2,2]
///   %y = Conv(%a, %v) : f32[1,1,2,2]
/// ```
///
/// Units, amounts and what has to stay are those of `prune-filters`. The change of the loss when a
/// unit is switched off scores it: its magnitude (`score=abs`) or the change itself (`signed`); the
/// lowest goes, of equal scores the later one. `search=once` measures each unit alone; `greedy`
/// removes one and measures those left again; `pairs` removes the best two at a time.
///
/// Samples are a folder's: see `data=`. Labels of whole numbers are classes, floats are targets, and
/// without labels the model's own answers are. The loss is cross-entropy for classes, else mean
/// squares; the model is compiled once and runs as a program of this machine.
///
/// - Complexity: O(units) runs over the samples for `once`, O(units²) for `greedy`, O(units³) for
///   `pairs`.
public struct PruneOracle: Pass {
  /// Name, options and statistics.
  public static let info = PassInfo(
    name: "prune-oracle", summary: "Remove the filters whose absence changes the loss least",
    exactness: .approximate,
    options: [
      .labelledData, .measuredSparsity,
      PassOption(
        "score", .choice(OracleScore.allCases.map(\.rawValue)), default: "abs",
        "The change of the loss or its magnitude"),
      PassOption(
        "search", .choice(OracleMode.allCases.map(\.rawValue)), default: "once",
        "Measure each filter once, after each removal again, or in pairs"),
      PassOption(
        "loss", .choice(LossKind.allCases.map(\.rawValue)),
        "How answers are judged; by the labels if it is not given"),
      .measuredScope, .state, .maskOnly,
    ],
    statistics: ["filters-removed", "layers-pruned", "evaluations"],
    example: "@default,prune-oracle{data=samples,search=greedy,scope=global,sparsity=0.4}")

  private let data: String
  private let sparsity: ExactDecimal
  private let score: OracleScore
  private let mode: OracleMode
  private let loss: LossKind?
  private let scope: PruningScope
  private let isMaskOnly: Bool
  private let state: StateOption

  /// Makes the pass.
  ///
  /// - Parameter options: See `info`.
  /// - Throws: What is wrong with the options.
  public init(options: PassOptions) throws {
    sparsity = try options.requiredDecimal("sparsity")
    data = try options.path("data")
    score = try options.choice("score", OracleScore.self)
    mode = try options.choice("search", OracleMode.self)
    loss = options.isGiven("loss") ? try options.choice("loss", LossKind.self) : nil
    scope = try options.choice("scope", PruningScope.self)
    isMaskOnly = try options.flag("mask-only")
    state = StateOption(options, of: Self.info)
  }

  /// Removes filters.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Samples and what runs the model; gets the steps and a table of the layers.
  /// - Throws: `prune-filters-none` when nothing can be removed, what is wrong with the samples, and
  ///   why the model could not be measured.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    graph.inlineFused(by: context.preparation)
    let filters = FilterGates(graph, context)
    guard !filters.candidates.isEmpty else {
      throw Diagnostic(.error, filters.analysis.nothing(for: Self.info.name), at: .none)
    }
    let samples = try context.services.readSamples(data, graph)
    let kept = try state.open(graph, filters.gates, samples, context)
    let meter = try ModelMeter(
      graph, gates: filters.gates, on: samples, loss: loss, services: context.services,
      log: MeasuringLog(context, of: mode.settings(filters.gates.count), state: kept))
    var search = OracleSearch(filters, meter, score, scope: scope, sparsity: sparsity)
    try search.run(mode)
    context.count("evaluations", by: search.evaluations)
    let removal = MeasuredRemoval(
      filters: filters, scope: scope, isMaskOnly: isMaskOnly)
    let off = try removal.remove(search.off, search.ranks, from: &graph, &context)
    let after = try meter.measure([GateSetting(off: off, count: filters.gates.count)])[0]
    try kept?.save()
    context.leave(search.report(after))
    context.note(.measured(meter, after, samples.count, off.count))
  }
}

extension OracleSearch {
  fileprivate func report(_ after: ModelMeasurement) -> OracleSteps {
    let analysis = filters.analysis
    return OracleSteps(
      steps: steps.map { step in
        OracleSteps.Step(
          filters: step.gates.map { gate in
            let first = filters.candidates[gate]
            return (analysis.graph[analysis.layers[first.layer].weight].name, first.index)
          }, change: step.change, loss: step.loss)
      }, before: meter.base, after: after)
  }
}
