import CoppiceIR
import CoppicePassManager

/// What `prune-filters` lets the user choose.
struct FilterOptions: Sendable {
  let criterion: FilterCriterion
  var amount: PruningAmount
  /// By what storages are chosen that bytes are counted in.
  let preference: StoragePreference
  let scope: PruningScope
  let normalisation: ScoreNormalisation
  let record: RecordOptions?
  let seed: UInt64
  /// A layer that loses filters keeps a multiple of this.
  let roundTo: Int
  /// The fraction of each layer's filters that stays in any case.
  let floor: ExactDecimal?
  /// Whether filters that are zero already are the first to go.
  let keepsZeros: Bool
  let ignored: IgnoredNames
  let allowsInexact: Bool
  /// Whether attention loses whole heads, not the same features of all of them.
  let prunesHeads: Bool
  let isMaskOnly: Bool

  private static let amounts = [
    "sparsity", "keep", "count", "bytes", "threshold", "percent-of-max",
  ]

  static let declarations =
    [
      PassOption(
        "sparsity", .decimal(0...1),
        "Fraction of the removable filters that goes, rounded down to a count"),
      PassOption(
        "keep", .decimal(0...1),
        "Fraction of the removable filters that stays, rounded up to a count"
      ),
      PassOption("count", .integer(0...Int.max), "How many filters, or groups of filters, go"),
      .bytes, .preferWithBytes,
      PassOption("threshold", .decimal(0...1e300), "Filters with a score below this go"),
      PassOption(
        "percent-of-max", .decimal(0...1),
        "Filters with a score below this part of the largest in the scope go"),
      PassOption(
        "criterion", .choice(FilterCriterion.allCases.map(\.rawValue)), default: "l1",
        "What scores a filter"),
    ] + RecordOptions.options(isRequired: false, unowned: [.error, .skip]) + [
      PassOption(
        "seed", .integer(0...Int.max), default: "0", "Where the generator of random starts"),
      PassOption(
        "scope", .choice([PruningScope.local, .global].map(\.rawValue)), default: "local",
        "Rank inside each set of coupled layers or over all of them"),
      PassOption(
        "normalise", .choice(ScoreNormalisation.allCases.map(\.rawValue)),
        "How scores of different layers are made comparable; layer-l2 for taylor, else none, if not given"
      ),
      PassOption(
        "round-to", .integer(1...1 << 20), default: "1",
        "A layer that loses filters keeps a multiple of this"),
      PassOption(
        "keep-at-least", .decimal(0...1), "Fraction of each layer's filters that stays in any case"),
      PassOption("keep-zeros", .flag, default: "false", "Filters that are zero already go first"),
      .ignore,
      PassOption(
        "attention", .choice(["heads", "features"]), default: "heads",
        "Attention loses whole heads, or the same features of every head"),
      PassOption(
        "allow-inexact", .flag, default: "false",
        "Also remove channels that a softmax, a mean or another statistic is taken over"),
      .maskOnly,
    ]

  /// Reads the options.
  ///
  /// - Throws: `pass-option-exclusive`, `prune-record`, `prune-normalise`.
  init(_ options: PassOptions) throws {
    criterion = try options.choice("criterion", FilterCriterion.self)
    amount = try PruningAmount(options, among: Self.amounts)
    preference = try StoragePreference(withBytes: options)
    scope = try options.choice("scope", PruningScope.self)
    normalisation =
      options.isGiven("normalise")
      ? try options.choice("normalise", ScoreNormalisation.self) : criterion.normalisation
    record = options.isGiven("record") ? try RecordOptions(options) : nil
    seed = UInt64(try options.integer("seed"))
    roundTo = try options.integer("round-to")
    floor = try options.decimal("keep-at-least")
    keepsZeros = try options.flag("keep-zeros")
    ignored = IgnoredNames(options)
    allowsInexact = try options.flag("allow-inexact")
    prunesHeads = options.text("attention") == "heads"
    isMaskOnly = try options.flag("mask-only")
    try check(options)
  }

  private func check(_ options: PassOptions) throws(DiagnosticMessage) {
    if criterion.readsRecord, record == nil {
      throw DiagnosticMessage(
        "prune-record", "criterion=\(criterion.rawValue) reads a training record: give record=FILE")
    }
    let given = ["record", "record-map", "record-partial"].first(where: options.isGiven)
    if !criterion.readsRecord, let given {
      throw DiagnosticMessage(
        "prune-record",
        "criterion=\(criterion.rawValue) reads no training record: leave \(given) out"
      )
    }
    if criterion != .random, options.isGiven("seed") {
      throw DiagnosticMessage(
        "prune-seed", "criterion=\(criterion.rawValue) draws no numbers: leave seed out")
    }
    if normalisation == .mean, !criterion.sumsWeights {
      throw DiagnosticMessage(
        "prune-normalise",
        "normalise=mean divides by a filter's weights, over which criterion=\(criterion.rawValue)"
          + " does not sum: give none, layer-l2 or lamp")
    }
  }
}
