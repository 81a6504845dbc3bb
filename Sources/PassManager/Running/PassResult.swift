/// What a pass leaves behind for the user or for later passes: a value of the pass's own type.
///
/// ```swift
/// context.leave(PrunedFilters(layers: layers))
/// for result in context.results(of: PrunedFilters.self) { ... }
/// ```
/// Readers ask for the type and read its properties; the table is for eyes only.
public protocol PassResult: Sendable {
  /// The result as the user sees it; `nil` for what only other passes read.
  var table: ResultTable? { get }
}

/// The table of a result.
public struct ResultTable: Hashable, Sendable {
  /// A cell.
  public enum Cell: Hashable, Sendable, CustomStringConvertible {
    case text(String)
    case integer(Int)
    case number(Double)
    case flag(Bool)
    case empty

    /// The value as a table shows it.
    public var description: String {
      switch self {
      case .text(let text): text
      case .integer(let value): String(value)
      case .number(let value): String(value)
      case .flag(let value): value ? "yes" : "no"
      case .empty: ""
      }
    }
  }

  /// What it shows, such as `storage`.
  public var title: String
  /// The names of the columns.
  public var columns: [String]
  /// The cells of each row, as many as there are columns.
  public var rows: [[Cell]]

  /// Makes a table.
  ///
  /// - Parameters:
  ///   - title: What it shows.
  ///   - columns: The names of the columns.
  ///   - rows: The cells of each row.
  public init(title: String, columns: [String], rows: [[Cell]]) {
    self.title = title
    self.columns = columns
    self.rows = rows
  }
}
