import Foundation
import Testing

private let project = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Passes change graphs through the edits of their context alone.
@Suite struct EditingDoorTests {
  private static let passes: [String] = ["Passes", "examples"].flatMap { folder in
    let found = FileManager.default.enumerator(atPath: project.appending(path: folder).path)
    return (found?.compactMap { $0 as? String } ?? []).map { "\(folder)/\($0)" }
      .filter { $0.hasSuffix(".swift") && !$0.contains("/.build/") }.sorted()
  }

  /// Lines that import the raw editor, or make an edit by other means.
  private func goesRound(_ text: String) -> [Substring] {
    text.split(separator: "\n").filter { line in
      line.contains("@_spi") || line.contains("@testable") || line.firstMatch(of: /\bEdit\(/) != nil
    }
  }

  @Test(arguments: passes) func noFileOfAPassImportsTheRawEditor(_ path: String) throws {
    let text = try String(contentsOf: project.appending(path: path), encoding: .utf8)
    #expect(goesRound(text) == [])
  }

  @Test func theImportIsRecognised() {
    #expect(Self.passes.count > 50)
    #expect(goesRound("@_spi(RawEditing) import CoppiceIR\n") != [])
    #expect(goesRound("graph.removeNode(id, by: Edit(\"mine\"))\n") != [])
    #expect(goesRound("import CoppiceIR\nlet edit = context.edit(node)\n") == [])
  }
}
