import CoppiceIR
import CoppicePassManager

/// What all element criteria let the user choose: units, amount, scope and limits.
struct SelectionOptions: Sendable {
  let granularity: Granularity
  /// `nil` where the pattern `n:m` is the amount.
  let amount: PruningAmount?
  let scope: PruningScope
  let normalisation: ScoreNormalisation
  /// The fraction of each tensor's units that stays whatever their scores.
  let floor: ExactDecimal?
  /// Whether zeros that are there already are the first to go.
  let keepsZeros: Bool
  /// By what storages are chosen that bytes are counted in.
  let preference: StoragePreference
  private let ignored: IgnoredNames

  /// The declarations, after those of the amounts.
  static func options(
    scopes: [PruningScope] = PruningScope.allCases, default scope: PruningScope = .local,
    normalisations: [ScoreNormalisation] = ScoreNormalisation.allCases
  ) -> [PassOption] {
    [
      .count, .bytes, .preferWithBytes,
      PassOption(
        "scope", .choice(scopes.map(\.rawValue)), default: scope.rawValue,
        scopes.contains(.row)
          ? "Rank inside each output channel, inside each tensor or over all of them"
          : "Rank inside each tensor or over all of them"),
      .block,
      PassOption(
        "normalise", .choice(normalisations.map(\.rawValue)), default: "none",
        "How scores of different tensors are made comparable"),
      PassOption(
        "keep-at-least", .decimal(0...1), "Fraction of each tensor's units that stays in any case"),
      PassOption(
        "keep-zeros", .flag, default: "false", "What is zero already goes first and stays zero"),
      .ignore,
    ]
  }

  /// Reads the options.
  ///
  /// - Throws: `pass-option-exclusive` unless exactly one amount is given, or none with `block=n:m`;
  ///   `prune-block`.
  ///
  /// Where a pass ranks no tensors against each other, `normalises` is false.
  init(
    _ options: PassOptions, amounts: [String], normalises: Bool = true
  ) throws(DiagnosticMessage) {
    granularity = try Granularity(options.text("block") ?? "element")
    let names = amounts + ["count", "bytes"]
    if case .pattern = granularity {
      if let given = names.first(where: options.isGiven) {
        throw DiagnosticMessage(
          "pass-option-exclusive", "block=n:m says how much goes: leave \(given) out")
      }
      amount = nil
    } else {
      amount = try PruningAmount(options, among: names)
    }
    preference = try StoragePreference(withBytes: options)
    scope = try options.choice("scope", PruningScope.self)
    normalisation = normalises ? try options.choice("normalise", ScoreNormalisation.self) : .none
    floor = try options.decimal("keep-at-least")
    keepsZeros = try options.flag("keep-zeros")
    ignored = IgnoredNames(options)
  }

  /// Whether each element is ranked by its own score, with nothing to keep it from its place.
  var isPlain: Bool {
    granularity == .element && normalisation == .none && floor == nil && !keepsZeros
      && scope != .row
  }

  /// Whether a weight is left alone.
  func ignores(_ weight: PrunableWeight, _ graph: Graph) -> Bool {
    ignored.contains([graph[weight.value].name] + weight.readers.map { graph[$0].name })
  }
}

/// The weights and nodes that `ignore=` names.
struct IgnoredNames: Sendable {
  private let patterns: [String]

  init(_ options: PassOptions) {
    patterns = (options.text("ignore") ?? "").split(separator: ";").map { $0.trimmingSpaces }
  }

  func contains(_ names: [String]) -> Bool {
    patterns.contains { pattern in names.contains { globMatches(pattern, $0) } }
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}

extension PassOption {
  static let count = PassOption("count", .integer(0...Int.max), "How many units go")

  static let ignore = PassOption(
    "ignore", .text, "Weights or nodes to leave alone: names or globs, parted by semicolons")

  static let bytes = PassOption(
    "bytes", .bytes, "As few units go as let the weights take at most so many bytes when emitted")
}

extension PassOption {
  static let preferWithBytes = PassOption(
    "prefer", .choice(StoragePreference.allCases.map(\.rawValue)),
    "With bytes: by what `sparsify` will choose storages; balanced if it is not given")
}

extension StoragePreference {
  /// Reads by what storages are chosen that bytes are counted in.
  ///
  /// - Throws: `prune-bytes` where no bytes are given.
  init(withBytes options: PassOptions) throws(DiagnosticMessage) {
    guard options.isGiven("prefer") else {
      self = .balanced
      return
    }
    self = try options.choice("prefer", StoragePreference.self)
    if !options.isGiven("bytes") {
      throw DiagnosticMessage("prune-bytes", "prefer says how bytes are counted: give bytes too")
    }
  }
}
