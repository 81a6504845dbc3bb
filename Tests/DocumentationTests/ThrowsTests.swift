import Foundation
import Testing

private let project = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Every public member that throws says what.
@Suite struct ThrowsTests {
  private static let files: [String] = ["IR", "Passes", "Sources"].flatMap { folder in
    let found = FileManager.default.enumerator(atPath: project.appending(path: folder).path)
    return (found?.compactMap { $0 as? String } ?? []).map { "\(folder)/\($0)" }
      .filter { $0.hasSuffix(".swift") }.sorted()
  }

  /// The first lines of public members that throw and do not say what.
  private func silent(_ text: String) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var inProtocol = false
    var found: [String] = []
    for (index, line) in lines.enumerated() {
      if line.hasPrefix("public protocol ") { inProtocol = !line.hasSuffix("}") }
      if line == "}" { inProtocol = false }
      let isPublic =
        line.firstMatch(of: /^ *(@\S+ )*public (static |mutating )*(func|init|var)\b/) != nil
      let isRequired =
        inProtocol && line.firstMatch(of: /^  (static |mutating )*(func|init|var)\b/) != nil
      guard isPublic || isRequired, isThrowing(lines[index...]) else { continue }
      let above = lines[..<index].reversed().prefix { line in
        let line = line.drop { $0 == " " }
        return line.hasPrefix("///") || line.hasPrefix("@")
      }
      if !above.contains(where: { $0.contains("/// - Throws: ") }) { found.append(line) }
    }
    return found
  }

  /// Whether `throws` stands behind the parameters of the declaration that begins here.
  private func isThrowing(_ lines: ArraySlice<String>) -> Bool {
    var (depth, outside) = (0, "")
    for line in lines.prefix(16) {
      for character in line {
        if "([".contains(character) { depth += 1 }
        if ")]".contains(character) { depth -= 1 }
        if character == "{", depth == 0 { return outside.contains(" throws") }
        if depth == 0 { outside.append(character) }
      }
      let goesOn = [",", "(", "->", "throws"].contains { line.hasSuffix($0) }
      if depth == 0, !goesOn { return outside.contains(" throws") }
      outside.append(" ")
    }
    return outside.contains(" throws")
  }

  @Test(arguments: files) func everyPublicMemberThatThrowsSaysWhat(_ path: String) throws {
    let text = try String(contentsOf: project.appending(path: path), encoding: .utf8)
    #expect(silent(text) == [])
  }

  @Test func silenceIsFound() {
    #expect(silent("  /// Reads.\n  public func read() throws -> Int {\n") != [])
    #expect(silent("  /// Reads.\n  public init(\n    _ a: Int\n  ) throws(Fault) {\n") != [])
    #expect(silent("public protocol P {\n  /// Reads.\n  func read() throws\n}\n") != [])
    #expect(
      silent("  /// Reads.\n  ///\n  /// - Throws: `x`.\n  public func read() throws {\n") == [])
    #expect(silent("  /// Runs.\n  public func run(_ body: () throws -> Void) {\n") == [])
  }
}
