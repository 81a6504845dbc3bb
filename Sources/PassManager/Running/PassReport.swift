/// A cell of a report.
public enum ReportValue: Hashable, Sendable, CustomStringConvertible {
  case text(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case none

  /// The value as a table shows it.
  public var description: String {
    switch self {
    case .text(let text): text
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .flag(let value): value ? "yes" : "no"
    case .none: ""
    }
  }
}

/// A table that a pass leaves for the user, such as why each tensor has its storage.
public struct PassReport: Hashable, Sendable {
  /// The pass that made it.
  public var pass: String
  /// What it shows, such as `storage`.
  public var title: String
  /// The names of the columns.
  public var columns: [String]
  /// The cells of each row, as many as there are columns.
  public var rows: [[ReportValue]]

  /// Makes a table.
  ///
  /// - Parameters:
  ///   - pass: The pass that made it.
  ///   - title: What it shows.
  ///   - columns: The names of the columns.
  ///   - rows: The cells of each row.
  public init(pass: String, title: String, columns: [String], rows: [[ReportValue]] = []) {
    self.pass = pass
    self.title = title
    self.columns = columns
    self.rows = rows
  }
}
