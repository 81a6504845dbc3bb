import CoppicePassManager
import CoppicePasses
import CoppiceTestSupport
import Foundation
import Testing

/// Pipelines that documentation and help show are pipelines.
@Suite struct PipelinePageTests {
  /// The indented lines of the page that are pipelines.
  static let shown: [String] = {
    let path = Program.root + "/Sources/Coppice/Coppice.docc/Pipelines.md"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").filter { $0.hasPrefix("    ") }
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.hasPrefix("coppice ") }
  }()

  @Test func thePageShowsPipelines() { #expect(Self.shown.count >= 11) }

  @Test(arguments: shown) func theyAreUnderstood(_ text: String) throws {
    let pipeline = try PassRegistry.standard.resolve(text)
    #expect(try PassRegistry.standard.resolve(pipeline.text).text == pipeline.text)
  }

  @Test(arguments: PassRegistry.standard.passes.map { $0.info.name })
  func everyPassHasAnExample(_ name: String) throws {
    let info = try #require(PassRegistry.standard.pass(name)?.info)
    #expect(try PassRegistry.standard.resolve(info.example).passNames.contains(name))
    if !info.options.isEmpty { #expect(info.example.contains(name + "{"), "\(info.example)") }
  }
}
