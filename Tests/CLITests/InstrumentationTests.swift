import CoppiceTestSupport
import Testing

/// `--verify-each`, `--print-after-changed`, `--time-passes` and `--max-rewrites`.
@Suite struct InstrumentationTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func compile(_ options: String...) throws -> Outcome {
    let outcome = try Program.coppice(
      ["compile", Models.digitsModel, "-o", "out", "--name", "net"] + options, in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome
  }

  @Test func changedGraphsArePrinted() throws {
    let outcome = try compile("--print-after-changed", "--json")
    let lines = outcome.errors.split(separator: "\n")
    let heads = lines.filter { $0.hasPrefix("// after ") }
    #expect(heads.contains { $0.hasPrefix("// after fold-batch-norm") })
    #expect(heads.contains { $0.hasPrefix("// after fuse-elementwise") })
    // There is no Pad in the model.
    #expect(!heads.contains { $0.hasPrefix("// after fold-pad") })
    #expect(lines.filter { $0.hasPrefix("graph @") }.count == heads.count)
    #expect(!outcome.object.isEmpty)
  }

  @Test func passesAreTimed() throws {
    let outcome = try compile("--time-passes", "--json")
    let rows = outcome.errors.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(rows.first?.map(String.init) == ["pass", "runs", "changed", "rewrites", "ms"])
    let batchNorm = try #require(rows.first { $0.first == "fold-batch-norm" })
    #expect(batchNorm[1] == "1" && batchNorm[2] == "1" && batchNorm[3] == "3")
    #expect(rows.dropFirst().allSatisfy { $0.count == 5 && Double($0[4]) != nil })
    #expect(!outcome.object.isEmpty)
  }

  @Test func verifyingChangesNothing() throws {
    _ = try compile()
    let plain = try folder.bytes("out/net.c")
    #expect(try compile("--verify-each").errors.isEmpty)
    #expect(try folder.bytes("out/net.c") == plain)
  }

  /// Bisecting needs a prefix of the rewrites: none at 0, all at many, one more at each step.
  @Test func rewritesAreLimited() throws {
    var costs: [Int] = []
    for limit in 0...6 {
      let outcome = try compile(
        "--max-rewrites", "\(limit)", "--passes", "fold-batch-norm,remove-dead,fuse-elementwise",
        "--time-passes", "--json")
      let rows = outcome.errors.split(separator: "\n").dropFirst().map { $0.split(separator: " ") }
      let rewrites = rows.compactMap { $0.count == 5 ? Int($0[3]) : nil }.reduce(0, +)
      #expect(rewrites == limit)
      costs.append(try #require(outcome.object["weights_bytes"] as? Int))
    }
    #expect(costs[0] == 51560)
    #expect(Set(costs).count > 2 && costs == costs.sorted(by: >))
    _ = try compile("--max-rewrites", "0")
    let none = try folder.bytes("out/net.c")
    _ = try compile("--passes", "")
    #expect(try folder.bytes("out/net.c") == none)
  }
}
