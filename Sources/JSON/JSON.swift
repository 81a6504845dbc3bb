/// A value of JSON whose objects keep their order.
package indirect enum JSON {
  case text(String)
  case integer(Int)
  case number(Double)
  case flag(Bool)
  case list([JSON])
  case object([(String, JSON)])
  case null

  /// Lines, indented by two spaces; lists of numbers and objects of plain values stand in one line.
  package var description: String { printed("") }

  /// One line without spaces.
  package var compact: String {
    switch self {
    case .list(let items): "[" + items.map(\.compact).joined(separator: ",") + "]"
    case .object(let fields):
      "{" + fields.map { "\(Self.quoted($0.0)):\($0.1.compact)" }.joined(separator: ",") + "}"
    default: word
    }
  }

  /// Some text as a JSON string, with its quotes.
  ///
  /// - Parameter text: Any.
  /// - Returns: ASCII control characters escaped, all others as they are.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      default:
        if scalar.value < 0x20 || scalar.value == 0x7F {
          let hex = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }
}

extension JSON {
  /// A list of whole numbers.
  package static func integers(_ values: [Int]) -> JSON { .list(values.map { .integer($0) }) }

  /// A list of texts.
  package static func texts(_ values: [String]) -> JSON { .list(values.map { .text($0) }) }

  private var word: String {
    switch self {
    case .text(let text): Self.quoted(text)
    case .integer(let value): String(value)
    case .number(let value): value.isFinite ? "\(value)" : "null"
    case .flag(let value): value ? "true" : "false"
    default: "null"
    }
  }

  private var isPlain: Bool {
    switch self {
    case .list(let items): items.allSatisfy(\.isWord)
    case .object: false
    default: true
    }
  }

  private var isWord: Bool {
    switch self {
    case .list, .object: false
    default: true
    }
  }

  private func printed(_ indent: String) -> String {
    let inner = indent + "  "
    switch self {
    case .list(let items) where items.isEmpty: return "[]"
    case .list(let items) where items.allSatisfy(\.isWord): return line
    case .list(let items):
      return "[\n"
        + items.map { inner + $0.row(inner) }.joined(separator: ",\n") + "\n\(indent)]"
    case .object(let fields) where fields.isEmpty: return "{}"
    case .object(let fields):
      return "{\n"
        + fields.map { "\(inner)\(Self.quoted($0.0)): \($0.1.printed(inner))" }
        .joined(separator: ",\n") + "\n\(indent)}"
    default: return word
    }
  }

  /// An element of a list: an object of plain values in one line.
  private func row(_ indent: String) -> String {
    guard case .object(let fields) = self, fields.allSatisfy(\.1.isPlain) else {
      return printed(indent)
    }
    return line
  }

  private var line: String {
    switch self {
    case .list(let items): "[" + items.map(\.line).joined(separator: ", ") + "]"
    case .object(let fields):
      "{" + fields.map { "\(Self.quoted($0.0)): \($0.1.line)" }.joined(separator: ", ") + "}"
    default: word
    }
  }
}
