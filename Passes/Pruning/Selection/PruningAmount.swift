import CoppiceIR
import CoppicePassManager

/// How much is pruned, as the user wrote it.
enum PruningAmount: Sendable {
  /// The fraction of the elements that goes, rounded down to a count.
  case sparsity(ExactDecimal)

  /// The fraction of the elements that stays, rounded up to a count.
  case keep(ExactDecimal)

  /// So many units go.
  case count(Int)

  /// So many parts of a whole, rounded down to a count.
  case share(Int, of: Int)

  /// As few as let what is emitted take so many bytes.
  case bytes(Int)

  /// The score decides; the option's name says how.
  case bound(String, ExactDecimal)

  /// Reads the one amount that was given among the options of these names.
  init(_ options: PassOptions, among names: [String]) throws(DiagnosticMessage) {
    let name = try options.exactlyOne(of: names)
    if name == "count" {
      self = .count(try options.integer("count"))
      return
    }
    if name == "bytes" {
      self = .bytes(try options.bytes("bytes"))
      return
    }
    let number = try options.requiredDecimal(name)
    switch name {
    case "sparsity": self = .sparsity(number)
    case "keep": self = .keep(number)
    default: self = .bound(name, number)
    }
  }

  /// How many of `count` units go; nil where their scores or bytes decide.
  func prunedCount(of count: Int) -> Int? {
    switch self {
    case .sparsity(let fraction): min(count, fraction.floor(times: count))
    case .keep(let fraction): max(0, count - fraction.ceiling(times: count))
    case .count(let pruned): min(count, pruned)
    case .share(let part, let whole):
      whole == 0 ? 0 : Int(Int128(count) * Int128(part) / Int128(whole))
    case .bytes, .bound: nil
    }
  }
}

/// Which elements are ranked against each other.
enum PruningScope: String, CaseIterable, Sendable {
  case row, local, global
}

extension PassOption {
  static let sparsity = PassOption(
    "sparsity", .decimal(0...1), "Fraction of the weights that goes, rounded down to a count")

  static let keep = PassOption(
    "keep", .decimal(0...1), "Fraction of the weights that stays, rounded up to a count")
}
