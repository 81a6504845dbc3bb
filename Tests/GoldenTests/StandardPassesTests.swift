import CoppiceIR
import CoppicePassManager
import CoppicePasses
import CoppiceTestSupport
import Foundation
import Testing

@Suite struct StandardPassesTests {
  private static let names = StandardPasses.all.map { $0.info.name }

  @Test func namesAreUnique() {
    #expect(Set(Self.names).count == Self.names.count)
  }

  @Test func everyPassIsListed() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Passes")
    let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    var written: [String] = []
    for file in files ?? [] where file.hasSuffix(".swift") {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      written += text.matches(of: /\bstruct (\w+): Pass\b/).map { String($0.1) }
    }
    #expect(written.sorted() == StandardPasses.all.map { "\($0)" }.sorted())
  }

  @Test(arguments: names)
  func everyPassHasAGoldenWithANegative(_ name: String) throws {
    let file = try #require(GoldenFile.all.first { $0.path == "Passes/\(name).ir" })
    #expect(file.pipeline?.contains(name) == true)
    #expect(file.text.contains("graph @keeps_"))
  }

  @Test(arguments: StandardPasses.presets) func presetsResolveToExactPasses(_ preset: Preset) throws
  {
    let pipeline = try PassRegistry.standard.resolve("@" + preset.name)
    for name in pipeline.passNames {
      #expect(PassRegistry.standard.pass(name)?.info.exactness == .exact)
    }
  }

  @Test(arguments: StandardPasses.order.map { ($0.first, $0.then) })
  func orderHolds(_ first: String, _ then: String) throws {
    let names = try PassRegistry.standard.resolve("@default").passNames
    let place = try #require(names.firstIndex(of: first))
    let later = try #require(names.firstIndex(of: then))
    #expect(place < later)
  }

  @Test(arguments: StandardPasses.all.map { $0.info })
  func summariesFitOneLine(_ info: PassInfo) {
    #expect(info.summary.count <= 80)
    #expect(!info.summary.hasSuffix("."))
    for option in info.options {
      #expect(option.defaultValue.map(option.allows) ?? true, "\(option.name)")
    }
  }
}
