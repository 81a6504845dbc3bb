import Foundation
import Testing

private let project = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Passes and lowering ask what an operator is, or what it conforms to, and never how it is called.
@Suite struct OperatorNameTests {
  private static let files: [String] = ["Passes", "Sources/Lowering"].flatMap { folder in
    let found = FileManager.default.enumerator(atPath: project.appending(path: folder).path)
    return (found?.compactMap { $0 as? String } ?? []).map { "\(folder)/\($0)" }
      .filter { $0.hasSuffix(".swift") }.sorted()
  }

  /// Lines that decide by the name of an operator.
  private func decidingLines(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { line in
      line.firstMatch(
        of: /\bop\.name\s*(==|!=|\.has)|(==|!=)\s*[\w\[\].]*\bop\.name\b/.wordBoundaryKind(.simple))
        != nil
        || line.firstMatch(of: /contains\([\w\[\].]*\bop\.name\)/.wordBoundaryKind(.simple)) != nil
        || line.firstMatch(of: /(switch|case) [\w\[\].]*\bop\.name\b/.wordBoundaryKind(.simple))
          != nil
    }
  }

  @Test(arguments: files) func noFileDecidesByTheNameOfAnOperator(_ path: String) throws {
    let text = try String(contentsOf: project.appending(path: path), encoding: .utf8)
    #expect(decidingLines(text) == [])
  }

  @Test func decidingByNameIsRecognised() {
    #expect(Self.files.count > 150)
    for line in [
      "if node.op.name == \"Add\" {", "guard graph[id].op.name != \"Pad\" else { return }",
      "let same = own.op.name == others.op.name", "switch graph[id].op.name {",
      "[\"Add\", \"Mul\"].contains(node.op.name)", "if op.name.hasSuffix(\"Pool\") {",
    ] {
      #expect(decidingLines(line) != [], "\(line)")
    }
    #expect(decidingLines("text: \"\\(node.op.name) is not known\", if node.op is Add {") == [])
  }
}
