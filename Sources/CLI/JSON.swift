import CoppiceC
import CoppiceIR

/// A value of JSON whose objects keep their order.
indirect enum JSON {
  case text(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case list([JSON])
  case object([(String, JSON)])
  case null

  /// Lines, indented by two spaces.
  var description: String { printed("") }

  private func printed(_ indent: String) -> String {
    let inner = indent + "  "
    switch self {
    case .text(let text): return jsonString(text)
    case .integer(let value): return String(value)
    case .number(let value): return value.isFinite ? "\(value)" : "null"
    case .flag(let value): return value ? "true" : "false"
    case .null: return "null"
    case .list(let items):
      if items.isEmpty { return "[]" }
      if items.allSatisfy({ if case .integer = $0 { true } else { false } }) {
        return "[" + items.map { $0.printed(inner) }.joined(separator: ", ") + "]"
      }
      return "[\n" + items.map { inner + $0.printed(inner) }.joined(separator: ",\n")
        + "\n\(indent)]"
    case .object(let fields):
      if fields.isEmpty { return "{}" }
      return "{\n"
        + fields.map { "\(inner)\(jsonString($0.0)): \($0.1.printed(inner))" }
        .joined(separator: ",\n") + "\n\(indent)}"
    }
  }

  /// What a verb that failed says.
  static func failure(_ status: Int32, _ list: [Diagnostic]) -> JSON {
    .object([("status", .integer(Int(status))), ("diagnostics", .diagnostics(list))])
  }

  /// Diagnostics as objects.
  static func diagnostics(_ list: [Diagnostic]) -> JSON {
    .list(
      list.map { diagnostic in
        .object([
          ("severity", .text(diagnostic.severity.rawValue)), ("id", .text(diagnostic.message.id)),
          ("location", .text(diagnostic.location.description)),
          ("text", .text(diagnostic.message.text)),
          ("notes", .list(diagnostic.message.notes.map { .text($0) })),
        ])
      })
  }
}
