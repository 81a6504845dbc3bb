import CoppiceIR
import CoppicePassManager

/// What of a weight goes or stays as a whole.
enum Granularity: Hashable, Sendable {
  /// Each element by itself.
  case element

  /// Consecutive output channels of one group x consecutive input channels, at one tap of a window;
  /// smaller at the edges.
  case block(rows: Int, columns: Int)

  /// Of each `of` consecutive input channels of an output channel, at one tap, `kept` stay.
  case pattern(kept: Int, of: Int)

  /// All that makes one output channel.
  case row

  /// All that reads one input channel, in a group.
  case column

  /// Reads `element`, `row`, `column`, `4x1` or `2:4`.
  init(_ text: String) throws(DiagnosticMessage) {
    switch text {
    case "element": self = .element
    case "row": self = .row
    case "column": self = .column
    default:
      if let (rows, columns) = Self.pair(text, "x") {
        self = rows == 1 && columns == 1 ? .element : .block(rows: rows, columns: columns)
      } else if let (kept, of) = Self.pair(text, ":"), kept < of {
        self = .pattern(kept: kept, of: of)
      } else {
        throw DiagnosticMessage(
          "prune-block",
          "block must be element, row, column, RxC such as 4x1 (outputs x inputs), or n:m such as"
            + " 2:4 (n of m inputs stay), not '\(text)'")
      }
    }
  }

  private static func pair(_ text: String, _ mark: Character) -> (Int, Int)? {
    let parts = text.split(separator: mark, omittingEmptySubsequences: false)
    guard parts.count == 2, let first = Int(parts[0]), let second = Int(parts[1]),
      1...1024 ~= first, 1...1024 ~= second
    else { return nil }
    return (first, second)
  }

  /// As it is written.
  var name: String {
    switch self {
    case .element: "element"
    case .row: "row"
    case .column: "column"
    case .block(let rows, let columns): "\(rows)x\(columns)"
    case .pattern(let kept, let of): "\(kept):\(of)"
    }
  }

  /// Output channels that go together.
  var rows: Int {
    switch self {
    case .block(let rows, _): rows
    case .column: .max
    default: 1
    }
  }
}

extension PassOption {
  static let block = PassOption(
    "block", .text, default: "element",
    "What goes as a whole: element, RxC (outputs x inputs of a tap), n:m (n of m inputs of a tap"
      + " stay), row (an output channel) or column (an input channel)")
}
