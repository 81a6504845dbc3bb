import CoppiceIR
import Foundation
import Testing

private let project = URL(filePath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// Graphs in doc comments and pages are in the text form.
///
/// A part of a graph says the types of its results; what it reads from before is taken as an input.
@Suite struct GraphExampleTests {
  struct Example: CustomTestStringConvertible, Sendable {
    let place: String
    let text: String
    var testDescription: String { place }

    /// The graphs of the text, each whole.
    var graphs: [String] {
      if text.contains("graph @") { return text.components(separatedBy: "// -----\n") }
      let defined = text.matches(of: #/(?m)^ *(%[^=]*?) = /#).flatMap { Self.values(String($0.1)) }
      let free = Set(Self.values(text)).subtracting(defined).sorted()
      let inputs = free.map { "\($0): f32[1]" }.joined(separator: ", ")
      let end = text.contains("return ") ? "" : "  return \(defined.last ?? "%none")\n"
      return ["graph @example(\(inputs)) {\n\(text)\(end)}\n"]
    }

    private static func values(_ text: String) -> [String] {
      text.matches(of: /%("[^"]*"|[\w.\/:-]*\w)/).map { String($0.0) }
    }
  }

  private static func files(_ folder: String, _ suffix: String) -> [String] {
    let found = FileManager.default.enumerator(atPath: project.appending(path: folder).path)
    return (found?.compactMap { $0 as? String } ?? []).map { "\(folder)/\($0)" }
      .filter { $0.hasSuffix(suffix) && !$0.contains("/.build/") }.sorted()
  }

  /// What stands between fences and defines a value by an operator, or a graph.
  private static func examples(in text: String, _ path: String) -> [Example] {
    var found: [Example] = []
    var block: (line: Int, text: String)?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let isComment = line.firstMatch(of: /^ *\/\/\/ ?/)
      let content = isComment.map { line[$0.range.upperBound...] } ?? line
      if path.hasSuffix(".swift"), isComment == nil {
        block = nil
      } else if content.hasPrefix("```") {
        if let (line, text) = block, isGraph(text) {
          found.append(Example(place: "\(path):\(line)", text: text))
        }
        block = block == nil ? (index + 2, "") : nil
      } else {
        block?.text += content + "\n"
      }
    }
    return found
  }

  private static func isGraph(_ text: String) -> Bool {
    text.firstMatch(of: #/(?m)^ *%[^=\n]* = (constant\b|[\w.]+\()|^graph @/#) != nil
  }

  private static let examples: [Example] = {
    let sources = ["IR", "Passes", "Sources", "examples"].flatMap { files($0, ".swift") }
    let pages = files("Sources/Coppice/Coppice.docc", ".md")
    return (sources + pages).flatMap { path in
      let text = try? String(contentsOf: project.appending(path: path), encoding: .utf8)
      return examples(in: text ?? "", path)
    }
  }()

  @Test(arguments: examples) func theTextFormIsRead(_ example: Example) {
    for graph in example.graphs {
      #expect(throws: Never.self, "\(graph)") { try Graph(parsing: graph, file: example.place) }
    }
  }

  @Test func examplesAreFoundAndBrokenOnesRefused() {
    #expect(Self.examples.count > 40)
    for statement in [
      "%y = Conv(%x, %w)", "%w = constant f32[2] [1, 2]", "%y = Convolve(%x) : f32[2]",
      "%y = Reshape(%x, [1, 64]) : f32[1,64]", "%y' = Relu(%x) : f32[2]",
    ] {
      let text = "/// ```\n///   \(statement)\n/// ```\n"
      let graphs = Self.examples(in: text, "a.swift").flatMap(\.graphs)
      #expect(graphs.count == 1, "\(statement)")
      for graph in graphs {
        #expect(throws: Diagnostic.self, "\(graph)") { try Graph(parsing: graph, file: "a.swift") }
      }
    }
  }
}
