import CoppiceTestSupport
import Foundation
import Testing

/// Every diagnostic has an id that a page lists and a test names.
@Suite(.enabled(if: Program.hasPython))
struct DiagnosticPageTests {
  private func listed(_ words: [String]) throws -> String {
    let outcome = try Program.run([Program.python, Program.root + "/.ci/diagnostics"] + words)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.text
  }

  @Test func thePageIsOfTheseSources() throws {
    let page = Program.root + "/Sources/Coppice/Coppice.docc/Diagnostics.md"
    let written = try String(contentsOfFile: page, encoding: .utf8)
    let made = try listed([])
    #expect(written == made, "write it anew: .ci/diagnostics --write")
    #expect(made.split(separator: "\n").count > 200)
  }

  @Test func everyIdIsNamedByATest() throws {
    #expect(try listed(["--untested"]).trimmingPrefix { $0.isNewline } == "")
  }
}
