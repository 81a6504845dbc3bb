import CoppiceTestSupport
import Foundation
import Testing

/// `NAME.json` against the contract, the header and the emitted files.
@Suite struct ManifestTests {
  static let pipelines = ["@default", "@default,prune-magnitude{sparsity=0.8},sparsify", ""]

  private func compile(_ weights: String, _ passes: String) throws -> (
    TemporaryFolder, [String: Any], [String: Int]
  ) {
    let folder = try TemporaryFolder()
    let outcome = try Program.coppice(
      [
        "compile", Models.digitsModel, "-o", "out", "--name", "net", "--weights", weights,
        "--passes", passes, "--target", "cortex-m4",
      ], in: folder.path)
    #expect(outcome.status == 0)
    let manifest = try JSONSerialization.jsonObject(with: Data(folder.bytes("out/net.json")))
    return (folder, try #require(manifest as? [String: Any]), macros(try folder.text("out/net.h")))
  }

  /// The macros of a header that are plain numbers.
  private func macros(_ header: String) -> [String: Int] {
    var macros: [String: Int] = [:]
    for line in header.split(separator: "\n") where line.hasPrefix("#define ") {
      let words = line.split(separator: " ")
      let digits = words.count > 2 ? words[2].filter { $0 != "u" } : ""
      if let value = Int(digits) { macros[String(words[1])] = value }
    }
    return macros
  }

  @Test(arguments: ["inline", "split", "blob"], pipelines)
  func valuesAgreeWithTheHeader(_ weights: String, _ passes: String) throws {
    let (folder, manifest, macros) = try compile(weights, passes)
    let files = ["net.c", "net.h", "net.json", "net_selftest.c"]
    let extra = ["split": ["net_weights.c"], "blob": ["net_weights.bin"]][weights] ?? []
    #expect(folder.names("out") == (files + extra).sorted())
    #expect(macros["NET_ARENA_BYTES"] == manifest["arena_bytes"] as? Int)
    #expect(macros["NET_ARENA_ALIGN"] == manifest["arena_align"] as? Int)
    let align = try #require(manifest["arena_align"] as? Int)
    #expect(align.nonzeroBitCount == 1 && align <= 128)
    if weights == "blob" {
      let size = try folder.bytes("out/net_weights.bin").count
      #expect(macros["NET_WEIGHTS_FILE_BYTES"] == size)
      #expect(size >= manifest["weights_bytes"] as? Int ?? .max)
    }
  }

  @Test(arguments: pipelines) func everyKeyIsThere(_ passes: String) throws {
    let (_, manifest, _) = try compile("inline", passes)
    #expect(manifest["name"] as? String == "net")
    #expect(manifest["pipeline"] as? String == passes)
    #expect(manifest["target"] as? String == "cortex-m4")
    let sum = try Program.run(["sha256sum", Models.digitsModel]).text.prefix(64)
    #expect(manifest["model_sha256"] as? String == String(sum))
    let input = try #require((manifest["inputs"] as? [[String: Any]])?.first)
    #expect(input["name"] as? String == "image")
    #expect(input["type"] as? String == "float32")
    #expect(input["shape"] as? [Int] == [1, 1, 8, 8])
    let output = try #require((manifest["outputs"] as? [[String: Any]])?.first)
    #expect(output["shape"] as? [Int] == [1, 10])
  }

  @Test(arguments: pipelines) func sumsAgree(_ passes: String) throws {
    let (_, manifest, _) = try compile("inline", passes)
    func number(_ key: String) throws -> Int { try #require(manifest[key] as? Int, "\(key)") }
    let peak = try #require(manifest["peak"] as? [[String: Any]])
    let alive = try peak.reduce(0) { $0 + (try #require($1["bytes"] as? Int)) }
    #expect(try alive == number("arena_lower_bound"))
    #expect(try number("arena_bytes") >= number("arena_lower_bound"))
    #expect(peak.allSatisfy { ($0["name"] as? String)?.isEmpty == false })

    let tensors = try #require(manifest["tensors"] as? [[String: Any]])
    let bytes = try tensors.reduce(0) { $0 + (try #require($1["bytes"] as? Int)) }
    #expect(try bytes == number("weights_bytes"))
    for tensor in tensors {
      let shape = try #require(tensor["shape"] as? [Int])
      let nonzeros = try #require(tensor["nonzeros"] as? Int)
      #expect((0...shape.reduce(1, *)).contains(nonzeros))
      #expect(tensor["storage"] is String && tensor["reason"] is String)
      #expect((tensor["name"] as? String)?.isEmpty == false)
    }
    #expect(try number("macs_nonzero") <= number("macs"))
    #expect(try number("weights_bytes") <= number("weights_dense_bytes"))
  }

  @Test func pruningIsCounted() throws {
    let (_, dense, _) = try compile("inline", Self.pipelines[0])
    let (_, pruned, _) = try compile("inline", Self.pipelines[1])
    let tensors = try #require(pruned["tensors"] as? [[String: Any]])
    // floor(0.8 * n) of each weight is zero.
    let counts = Dictionary(
      uniqueKeysWithValues: tensors.map { ($0["name"] as? String ?? "", $0["nonzeros"] as? Int) })
    #expect(counts["conv1.weight"] == 144 - 115)
    #expect(counts["conv2.weight"] == 3456 - 2764)
    #expect(counts["conv3.weight"] == 5184 - 4147)
    #expect(counts["fc.weight"] == 3840 - 3072)
    #expect(dense["macs"] as? Int == pruned["macs"] as? Int)
    let nonzero = try #require(pruned["macs_nonzero"] as? Int)
    #expect(nonzero * 4 < (dense["macs_nonzero"] as? Int ?? 0) * 3)
    let bytes = try #require(pruned["weights_bytes"] as? Int)
    #expect(bytes * 2 < dense["weights_bytes"] as? Int ?? 0)
  }
}
