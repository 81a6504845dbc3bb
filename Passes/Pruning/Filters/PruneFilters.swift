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
/// Channels that can only go together, such as the two sides of a residual sum, make one unit, whose
/// score is the mean of its filters' norms. Of n units that can go, floor(sparsity * n) go, in each
/// set of coupled layers or, with `scope=global`, over all of them; of equal scores the later one.
/// Every tensor keeps a channel, so a unit that is the last somewhere is passed over. Channels that
/// reach an output of the model, a value that is not pruned, or an operator that mixes them stay; the
/// report says why. `mask-only=true` zeroes what would be removed.
///
/// - Complexity: O(elements moved by shape operators + weights).
public struct PruneFilters: Pass {
  /// Name, options and statistics.
  public static let info = PassInfo(
    name: "prune-filters", summary: "Remove the filters with the smallest norms",
    exactness: .approximate,
    options: [
      PassOption(
        "sparsity", .decimal(0...1), isRequired: true,
        "Fraction of the removable filters that goes, rounded down to a count"),
      PassOption(
        "criterion", .choice(FilterCriterion.allCases.map(\.rawValue)), default: "l1",
        "The norm that scores a filter"),
      PassOption(
        "scope", .choice([PruningScope.local, .global].map(\.rawValue)), default: "local",
        "Rank inside each set of coupled layers or over all of them"),
      PassOption(
        "mask-only", .flag, default: "false", "Zero the filters in place of removing them"),
    ],
    statistics: ["filters-removed", "layers-pruned"])

  private let sparsity: ExactDecimal
  private let criterion: FilterCriterion
  private let scope: PruningScope
  private let isMaskOnly: Bool

  /// Makes the pass.
  ///
  /// - Parameter options: See `info`.
  /// - Throws: What is wrong with the options.
  public init(options: PassOptions) throws {
    guard let sparsity = try options.decimal("sparsity") else {
      throw DiagnosticMessage("prune-amount", "give sparsity")
    }
    self.sparsity = sparsity
    criterion = try options.choice("criterion", FilterCriterion.self)
    scope = try options.choice("scope", PruningScope.self)
    isMaskOnly = try options.flag("mask-only")
  }

  /// Removes filters.
  ///
  /// - Parameters:
  ///   - graph: The model.
  ///   - context: Gets a table of the layers.
  /// - Throws: `prune-filters-none` when nothing can be removed, `prune-not-finite` for a weight with
  ///   a NaN or infinity.
  public func run(on graph: inout Graph, _ context: inout PassContext) throws {
    graph.inlineFused(by: Self.info.name)
    let analysis = FilterAnalysis(graph, context)
    let selection = FilterSelection(
      analysis: analysis, criterion: criterion, scope: scope, sparsity: sparsity)
    let candidates = try selection.candidates()
    guard !candidates.isEmpty else {
      throw Diagnostic(.error, analysis.nothing(for: Self.info.name), at: .none)
    }
    let chosen = selection.choose(candidates)
    if chosen.isEmpty, context.total("filters-removed", of: Self.info.name) == 0 {
      context.warn(.tooFew(candidates.count))
    }
    let removed = Set(chosen.filter { _ in context.mayRewrite() })
    let rewriting = FilterRewriting(analysis: analysis, removed: removed, pass: Self.info.name)
    try rewriting.apply(to: &graph, isMaskOnly: isMaskOnly, &context)
  }
}

extension DiagnosticMessage {
  fileprivate static func tooFew(_ count: Int) -> Self {
    .nothing(
      "the amount rounds down to none of the \(count) filters or groups of filters that could go, or a"
        + " tensor would lose its last channel",
      notes: ["raise sparsity, or rank over all layers with scope=global"])
  }
}
