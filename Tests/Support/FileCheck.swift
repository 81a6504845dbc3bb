/// The checks of a section, in the manner of LLVM's FileCheck.
///
/// `CHECK:` finds its text in this line or a later one, `CHECK-NEXT:` in the next line, `CHECK-NOT:`
/// not before the next match, `CHECK-LABEL:` like `CHECK:`. `{{...}}` is a regular expression.
package struct FileCheck {
  private enum Kind: String {
    case match = "CHECK", next = "CHECK-NEXT", not = "CHECK-NOT", label = "CHECK-LABEL"
  }

  private struct Check {
    let kind: Kind
    let pattern: String
    let line: Int
  }

  package struct Failure: Error {
    package let line: Int
    package let message: String
  }

  private let checks: [Check]

  package init(_ section: GoldenFile.Section) {
    var checks: [Check] = []
    for (index, line) in section.text.split(separator: "\n", omittingEmptySubsequences: false)
      .enumerated()
    {
      guard line.hasPrefix("// "), let colon = line.firstIndex(of: ":"),
        let kind = Kind(rawValue: String(line[..<colon].dropFirst(3)))
      else { continue }
      let pattern = line[line.index(after: colon)...].drop { $0 == " " }
      checks.append(
        Check(kind: kind, pattern: String(pattern), line: section.firstLine + index))
    }
    self.checks = checks
  }

  package func check(_ text: String) throws {
    let lines = text.split(separator: "\n").map(String.init)
    var position = 0
    var forbidden: [Check] = []
    for check in checks {
      if check.kind == .not {
        forbidden.append(check)
        continue
      }
      let found = try find(check, in: lines, from: position)
      try refuse(forbidden, in: lines[position..<found])
      forbidden = []
      position = found + 1
    }
    try refuse(forbidden, in: lines[position...])
  }

  private func find(_ check: Check, in lines: [String], from position: Int) throws -> Int {
    let range =
      check.kind == .next ? position..<min(position + 1, lines.count) : position..<lines.count
    let regex = try regex(check)
    guard let found = range.first(where: { lines[$0].contains(regex) }) else {
      let where_ = lines[position...].prefix(8).joined(separator: "\n")
      throw Failure(
        line: check.line, message: "no '\(check.pattern)' from here:\n\(where_)")
    }
    return found
  }

  private func refuse(_ checks: [Check], in lines: ArraySlice<String>) throws {
    for check in checks {
      let regex = try regex(check)
      if let line = lines.first(where: { $0.contains(regex) }) {
        throw Failure(line: check.line, message: "'\(check.pattern)' stands in: \(line)")
      }
    }
  }

  private func regex(_ check: Check) throws -> Regex<AnyRegexOutput> {
    var pattern = ""
    var rest = Substring(check.pattern)
    while let open = rest.firstRange(of: "{{"),
      let close = rest[open.upperBound...].firstRange(of: "}}")
    {
      pattern +=
        escaped(rest[..<open.lowerBound]) + "(?:\(rest[open.upperBound..<close.lowerBound]))"
      rest = rest[close.upperBound...]
    }
    return try Regex(pattern + escaped(rest))
  }

  private func escaped(_ text: Substring) -> String {
    text.reduce(into: "") { result, character in
      if "\\^$.|?*+()[]{}".contains(character) { result.append("\\") }
      result.append(character)
    }
  }
}
