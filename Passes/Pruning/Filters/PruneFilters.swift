public import CoppiceIR
public import CoppicePassManager

/// Removes the filters with the smallest norms, and all that only serves them.
///
/// ```
///   %w = constant [1.0, -2.0, 0.5, 0.5] : f32[2,2,1,1]
///   %v = constant [1.0, 4.0] : f32[1,2,1,1]
///   %a = Conv(%x, %w) : f32[1,2,4,4]
///   %y = Conv(%a, %v) : f32[1,1,4,4]
/// ```
/// becomes, with `prune-filters{sparsity=0.5}`,
/// ```
///   %w = constant [1.0, -2.0] : f32[1,2,1,1]
///   %v = constant [1.0] : f32[1,1,1,1]
///   %a = Conv(%x, %w) : f32[1,1,4,4]
///   %y = Conv(%a, %v) : f32[1,1,4,4]
/// ```
///
/// A unit is what can only go together: a filter; the filters on both sides of a residual sum; a hidden
/// unit of an LSTM, GRU or RNN with all its gates, in both directions; an attention head with its
/// queries, keys and values (or, with `attention=features`, the same feature of every head). Of n units that can go, floor(sparsity * n) go, in each set of coupled
/// layers or, with `scope=global`, over all of them; of equal scores the later one. Every tensor keeps
/// a channel, so a unit that is the last somewhere is passed over. Channels that reach an output of the
/// model, a value that is not pruned, or an operator that mixes them stay; the report says why.
/// `mask-only=true` zeroes what would be removed.
///
/// - `l1`, `l2`, `fpgm`: norms of the weights, or the sum of distances to the layer's other filters; a
///   unit has the mean of its filters.
/// - `bn`: the magnitude of the scale of the BatchNormalization behind, before it is folded.
/// - `taylor`: feature maps, from the record's `chact`, normalised over each layer unless `normalise`
///   says otherwise; `taylor-gate`: squares of sums, from `chgw2`; `taylor-weight`: sums of squares, from
///   `gw2`; `obd`: from `g2`. A unit has the sum over its filters, taken before the square or magnitude
///   where the record has `chact.samples` or `chgw.steps`.
/// - `random`: SplitMix64 from `seed`, one number for each unit.
///
/// - Complexity: O(elements moved by shape operators + weights); `fpgm` O(filters * weights) of a layer.
public struct PruneFilters: Pass {
  /// Name, options and statistics.
  public static let info = PassInfo(
    name: "prune-filters", summary: "Remove the filters with the lowest scores",
    exactness: .approximate, options: FilterOptions.declarations,
    statistics: ["filters-removed", "layers-pruned"],
    example: "@default,prune-filters{criterion=l1,scope=global,sparsity=0.4}")

  private let options: FilterOptions

  /// Makes the pass.
  ///
  /// - Parameter options: See `info`.
  /// - Throws: What is wrong with the options.
  public init(options: PassOptions) throws { self.options = try FilterOptions(options) }

  /// Removes filters.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Opens the record; gets a table of the layers.
  /// - Throws: `prune-filters-none` when nothing can be removed, `prune-not-finite` for a weight with
  ///   a NaN or infinity, `prune-bytes` where all that may go is not enough, what is wrong with the record.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    graph.inlineFused(by: context.preparation)
    var analysis = FilterAnalysis(
      graph, context, allowsInexact: options.allowsInexact, prunesHeads: options.prunesHeads)
    analysis.refuse(options.ignored)
    let source = try source(&analysis, &context)
    let candidates = analysis.candidates()
    guard !candidates.isEmpty else {
      throw Diagnostic(.error, analysis.nothing(for: Self.info.name), at: .none)
    }
    let scores = try FilterScoring(analysis: analysis, options: options).scores(
      candidates, by: source)
    let choice = try FilterSelection(
      analysis: analysis, options: settled(analysis, candidates, scores, &context)
    ).choose(candidates, scores)
    if choice.units.isEmpty, context.total("filters-removed", of: Self.info.name) == 0 {
      context.warn(.tooFew(candidates.count, Set(choice.stays.values).sorted()))
    }
    let edits = context.edits(choice.units.count)
    var rewriting = FilterRewriting(
      analysis: analysis, removed: Set(choice.units.prefix(edits.count)),
      edit: edits.last ?? context.preparation)
    (rewriting.stays, rewriting.scores) = (choice.stays, scores)
    let ranks = context.audits ? analysis.ranks(candidates, options.scope, scores) : [:]
    rewriting.audit(ranks, options.scope, wanted: Set(choice.units), &context)
    context.leaveDense(graph)
    try rewriting.apply(to: &graph, isMaskOnly: options.isMaskOnly, &context)
  }

  /// The options with `bytes=` as the share of units that has to go for the weights to fit.
  private func settled(
    _ analysis: FilterAnalysis, _ candidates: [FilterSelection.Candidate], _ scores: UnitTable,
    _ context: inout PassContext
  ) throws -> FilterOptions {
    var options = options
    guard case .bytes(let limit) = options.amount else { return options }
    let fit = try StorageFit(context, options.preference)
    let edit = context.preparation
    options.amount = try fit.settle(limit, of: candidates.count, &context) { amount in
      var trying = options
      trying.amount = amount
      let choice = try FilterSelection(analysis: analysis, options: trying).choose(
        candidates, scores)
      let rewriting = FilterRewriting(
        analysis: analysis, removed: Set(choice.units), edit: edit)
      var trial = analysis.graph
      if options.isMaskOnly {
        rewriting.mask(&trial)
      } else {
        _ = try rewriting.remove(from: &trial)
      }
      return fit.bytes(of: trial.weights().map(\.value), in: trial)
    }
    return options
  }

  /// What scores filters; units that it cannot score must stay.
  private func source(
    _ analysis: inout FilterAnalysis, _ context: inout PassContext
  ) throws -> any FilterSource {
    let candidates = analysis.candidates()
    if let record = options.record, !candidates.isEmpty {
      return try FilterRecord(&analysis, candidates, options.criterion, record, &context)
    }
    switch options.criterion {
    case .bn: return try NormalizationScales(&analysis)
    case .random: return RandomFilters(analysis, candidates, seed: options.seed)
    default: return FilterNorms(analysis, options.criterion)
    }
  }
}

extension DiagnosticMessage {
  fileprivate static func tooFew(_ count: Int, _ reasons: [String]) -> Self {
    .nothing(
      reasons.isEmpty
        ? "the amount rounds down to none of the \(count) filters or groups of filters that could go"
        : "of \(count) filters or groups of filters none can go: \(reasons.joined(separator: "; "))",
      notes: ["raise the amount, or rank over all layers with scope=global"])
  }
}
