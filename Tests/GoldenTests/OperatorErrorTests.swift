import CoppiceIR
import CoppiceTestSupport
import Foundation
import Testing

/// What operators refuse, by the ids of their diagnostics.
@Suite struct OperatorErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let id: String
    let inputs: String
    let statements: [String]

    var testDescription: String { "\(id): \(statements.last ?? "")" }

    var text: String {
      let results = statements.last?.prefix { $0 != "=" } ?? ""
      return "graph @refused(\(inputs)) {\n" + statements.map { "  \($0)\n" }.joined()
        + "  return \(results)\n}\n"
    }
  }

  /// Parts of a file: an id, inputs if there are any, and statements.
  private static let cases: [Case] = {
    let path = GoldenFile.folder.appending(path: "Errors/operators.txt")
    guard let text = try? String(contentsOf: path, encoding: .utf8) else { return [] }
    return text.split(separator: "\n\n").map { part in
      let lines = part.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }.map(
        String.init)
      let hasInputs = lines.count > 1 && lines[1].contains(": ") && !lines[1].contains("=")
      return Case(
        id: lines[0], inputs: hasInputs ? lines[1] : "",
        statements: Array(lines.dropFirst(hasInputs ? 2 : 1)))
    }
  }()

  @Test func thereAreCases() { #expect(Self.cases.count > 60) }

  @Test(arguments: cases) func isRefused(_ refused: Case) {
    let error = #expect(throws: Diagnostic.self) { try Graph(parsing: refused.text) }
    #expect(error?.message.id == refused.id, "\(error.map { "\($0)" } ?? "")")
    #expect(error?.message.text.isEmpty == false)
  }
}
