import CoppiceTestSupport
import Foundation
import Testing

/// `--audit` and `bytes=`, on the digits model as users run it.
@Suite struct AuditTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func theAuditIsWrittenWithTheOtherOutputs() throws {
    let words = ["--passes", "prune-magnitude{count=9,scope=global}", "--audit", "audit.json"]
    let pruned = try Program.coppice(
      ["prune", Models.digitsModel, "-o", "p.onnx"] + words, in: folder.path)
    #expect(pruned.status == 0, "\(pruned.errors)")
    let text = try folder.text("audit.json")
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    #expect(object?["format"] as? String == "coppice-audit/1")
    let pass = try #require((object?["passes"] as? [[String: Any]])?.first)
    #expect(pass["pass"] as? String == "prune-magnitude{count=9,scope=global}")
    #expect(pass["scope"] as? String == "global" && pass["unit"] as? String == "element")
    let tensors = try #require(pass["tensors"] as? [[String: Any]])
    let units = tensors.flatMap { $0["units"] as? [[String: Any]] ?? [] }
    let gone = units.filter { $0["kept"] as? Bool == false }
    #expect(gone.count == 9 && Set(gone.compactMap { $0["rank"] as? Int }) == Set(1...9))
    let reasons = Set(gone.compactMap { $0["why"] as? String })
    #expect(reasons.isSubset(of: ["low", "later-of-equal"]))
    let compiled = try Program.coppice(
      ["compile", Models.digitsModel, "-o", "out", "--name", "net"] + words.dropLast()
        + ["out/audit.json"], in: folder.path)
    #expect(compiled.status == 0, "\(compiled.errors)")
    #expect(try folder.text("out/audit.json") == text)
  }

  @Test func anAuditThatCannotBeWrittenLeavesNothing() throws {
    let words = [
      "prune", Models.digitsModel, "-o", "p.onnx", "--passes", "prune-magnitude{keep=1}",
    ]
    let outcome = try Program.coppice(words + ["--audit", "p.onnx"], in: folder.path)
    #expect(outcome.status == 2 && folder.names().isEmpty)
    let lost = try Program.coppice(words + ["--audit", Models.digitsModel], in: folder.path)
    #expect(lost.status == 2 && lost.errors.contains("is an input") && folder.names().isEmpty)
  }

  /// What the manifest says of the weights is at most what was asked, and one weight more is not.
  @Test func bytesAreThoseOfTheManifest() throws {
    func weights(_ amount: String) throws -> Int {
      let passes = "@default,prune-magnitude{\(amount),scope=global},sparsify"
      let compiled = try Program.coppice(
        ["compile", Models.digitsModel, "-o", "out", "--name", "net", "--passes", passes],
        in: folder.path)
      #expect(compiled.status == 0, "\(compiled.errors)")
      let manifest = try JSONSerialization.jsonObject(with: Data(folder.text("out/net.json").utf8))
      let tensors = (manifest as? [String: Any])?["tensors"] as? [[String: Any]] ?? []
      return tensors.filter { ($0["shape"] as? [Int] ?? []).count > 1 }
        .reduce(0) { $0 + ($1["bytes"] as? Int ?? 0) }
    }
    let found = try weights("bytes=16K")
    #expect(found <= 16384 && found > 16000)
    let gone = try #require(
      try Program.coppice(
        [
          "compile", Models.digitsModel, "-o", "out", "--name", "net", "--json", "--passes",
          "@default,prune-magnitude{bytes=16K,scope=global},sparsify",
        ], in: folder.path
      ).object["diagnostics"] as? [[String: Any]]
    )
    .compactMap { $0["text"] as? String }.first { $0.contains("units go") }?
    .split(separator: " ").first { Int($0) != nil }.flatMap { Int($0) }
    let count = try #require(gone)
    #expect(try weights("count=\(count)") == found)
    #expect(try weights("count=\(count - 1)") > 16384)
  }
}
