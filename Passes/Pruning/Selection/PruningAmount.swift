import CoppiceIR
import CoppicePassManager

/// How much is pruned, as the user wrote it.
enum PruningAmount: Sendable {
  /// The fraction of the elements that goes, rounded down to a count.
  case sparsity(ExactDecimal)

  /// The fraction of the elements that stays, rounded up to a count.
  case keep(ExactDecimal)

  /// Elements with a lower score go.
  case threshold(ExactDecimal)

  /// Elements whose score is below this part of the largest score go.
  case percentOfMax(ExactDecimal)

  /// Reads the one amount that was given among the options of these names.
  init(_ options: PassOptions, among names: [String]) throws(DiagnosticMessage) {
    let name = try options.exactlyOne(of: names)
    guard let number = try options.decimal(name) else {
      throw DiagnosticMessage("prune-amount", "give one of \(names.joined(separator: ", "))")
    }
    switch name {
    case "sparsity": self = .sparsity(number)
    case "keep": self = .keep(number)
    case "threshold": self = .threshold(number)
    default: self = .percentOfMax(number)
    }
  }

  /// How many of `count` elements go; nil where their scores decide.
  func prunedCount(of count: Int) -> Int? {
    switch self {
    case .sparsity(let fraction): min(count, fraction.floor(times: count))
    case .keep(let fraction): max(0, count - fraction.ceiling(times: count))
    case .threshold, .percentOfMax: nil
    }
  }
}

/// Which elements are ranked against each other.
enum PruningScope: String, CaseIterable, Sendable {
  case local, global
}

extension PassOption {
  static let scope = PassOption(
    "scope", .choice(PruningScope.allCases.map(\.rawValue)), default: "local",
    "Rank inside each tensor or over all of them")

  static let sparsity = PassOption(
    "sparsity", .decimal(0...1), "Fraction of the weights that goes, rounded down to a count")

  static let keep = PassOption(
    "keep", .decimal(0...1), "Fraction of the weights that stays, rounded up to a count")
}
