import CoppiceTestSupport
import Foundation
import Testing

/// `bench`: who takes part, what is counted, and how it ends.
@Suite struct BenchTests {
  private static let pruned = "@default,prune-magnitude{sparsity=0.9},sparsify"
  private static let emulates =
    (try? Program.shell("command -v arm-none-eabi-gcc && command -v qemu-system-arm"))?.status == 0
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func bench(_ words: [String], _ environment: [String: String] = [:]) throws -> Outcome {
    try Program.run(
      [Program.coppice, "bench", Models.digitsModel, "--json"] + words,
      environment: environment.merging(["TMPDIR": folder.path]) { $1 }, limit: 300)
  }

  private func numbers(_ object: [String: Any], _ key: String) throws -> [Double] {
    try #require(object[key] as? [Any]).compactMap { ($0 as? NSNumber)?.doubleValue }
  }

  @Test func contendersTakeTurns() throws {
    let chart = folder.path + "/bench.svg"
    let done = try bench([
      "--passes", "@default", "--passes", Self.pruned, "--rounds", "3", "--svg", chart,
    ])
    #expect(done.status == 0, "\(done.errors)")
    #expect(done.object["unit"] as? String == "nanoseconds")
    let contenders = try #require(done.object["contenders"] as? [[String: Any]])
    #expect(contenders.map { $0["name"] as? String } == ["@default", Self.pruned])
    for contender in contenders {
      let rounds = try numbers(contender, "rounds")
      #expect(rounds.count == 3 && rounds.allSatisfy { $0 > 0 })
      #expect(contender["median"] as? Double == rounds.sorted()[1])
    }
    #expect(contenders[0]["gain"] as? Double == 1)
    let first = try numbers(contenders[0], "rounds")
    let second = try numbers(contenders[1], "rounds")
    let gain = try #require(contenders[1]["gain"] as? Double)
    #expect(abs(gain - zip(first, second).map { $0 / $1 }.sorted()[1]) < 1e-9 * gain)
    let layers = try #require(done.object["layers"] as? [[String: Any]])
    #expect(layers.allSatisfy { ($0["costs"] as? [Any])?.count == 2 } && layers.count >= 5)
    let parser = XMLLint(try String(contentsOfFile: chart, encoding: .utf8))
    #expect(parser.isBalanced)
    #expect(folder.names() == ["bench.svg"])
  }

  /// Just enough to see whether every element that is opened is closed.
  private struct XMLLint {
    let isBalanced: Bool

    init(_ text: String) {
      var open: [Substring] = []
      var isBalanced = text.hasPrefix("<svg ")
      for part in text.split(separator: "<").filter({ !$0.isEmpty }) {
        let tag = part.prefix { $0 != ">" }
        let name = tag.prefix { !" /".contains($0) }
        if tag.hasPrefix("/") {
          isBalanced = isBalanced && open.popLast() == tag.dropFirst()
        } else if !tag.hasSuffix("/") {
          open.append(name)
        }
      }
      self.isBalanced = isBalanced && open.isEmpty
    }
  }

  @Test(.enabled(if: emulates)) func instructionsAreExact() throws {
    let words = ["--target", "cortex-m4", "--passes", "@default", "--passes", Self.pruned]
    let (once, again) = (try bench(words), try bench(words))
    #expect(once.status == 0, "\(once.errors)")
    #expect(once.object["unit"] as? String == "instructions")
    #expect(once.text == again.text)
    let contenders = try #require(once.object["contenders"] as? [[String: Any]])
    let layers = try #require(once.object["layers"] as? [[String: Any]])
    for (index, contender) in contenders.enumerated() {
      let total = try #require(contender["median"] as? Double)
      let sum = layers.reduce(0) { sum, layer in
        sum + (((layer["costs"] as? [Any])?[index] as? NSNumber)?.doubleValue ?? 0)
      }
      #expect(total > 10_000 && abs(total - sum) < 0.01 * total)
    }
    #expect(try #require(contenders[1]["gain"] as? Double) > 1.2)
  }

  @Test(arguments: [
    (["--target", "riscv"], 2, "bench-target"),
    (["--target", "cortex-m7", "--against", "onnxruntime"], 2, "bench-against"),
    (["--passes", "no-such-pass"], 2, "pipeline-unknown-pass"),
    (["--data", "/no/such/folder"], 2, "file-read"),
    (["--svg", Models.digitsModel], 2, "file-write"),
  ])
  func whatCannotBeMeasuredIsRefused(_ words: [String], _ status: Int, _ id: String) throws {
    let done = try bench(words + ["--rounds", "1"])
    #expect(done.status == status && done.ids.contains(id), "\(done.status) \(done.ids)")
    #expect(folder.names() == [])
  }

  @Test func roundsAreCounted() throws {
    #expect(try bench(["--rounds", "0"]).status == 64)
  }

  @Test func missingProgramsHaveTheirStatus() throws {
    let compiler = try bench(["--rounds", "1"], ["CC": "/no/such/compiler"])
    #expect(compiler.status == 3 && compiler.ids == ["cc-failed"])
    let runtime = try bench(
      ["--rounds", "1", "--against", "onnxruntime"], ["PYTHON": "/no/such/python"])
    #expect(runtime.status == 4 && runtime.errors.contains("set PYTHON"))
    #expect(folder.names() == [])
  }
}
