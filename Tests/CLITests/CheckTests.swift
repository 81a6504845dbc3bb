import CoppiceTestSupport
import Foundation
import Testing

/// What `check` says of answers, of exact and of approximate pipelines.
@Suite struct CheckTests {
  private static let pruned = ["--passes", "@default,prune-magnitude{sparsity=0.9}"]

  private func check(_ words: [String]) throws -> Outcome {
    try Program.coppice(["check", Models.digitsModel, "--data", Models.digits] + words)
  }

  private func rows(_ outcome: Outcome) throws -> [[String: Any]] {
    try #require(outcome.object["outputs"] as? [[String: Any]])
  }

  @Test func differencesOfApproximatePassesAreReported() throws {
    let outcome = try check(Self.pruned + ["--json"])
    #expect(outcome.status == 0 && outcome.object["ok"] as? Bool == true)
    for row in try rows(outcome) {
      #expect(row["verdict"] as? String == "differs")
      let dense = try #require(row["dense"] as? [String: Any])
      let (own, other) = (row["rmse"] as? Double ?? 0, dense["rmse"] as? Double ?? 1)
      #expect(own > 0.01 && other < 1e-4)
      #expect(dense["same_largest"] as? Int == 1 && row["rows"] as? Int == 1)
    }
  }

  @Test func aToleranceThatIsGivenJudges() throws {
    #expect(try check(Self.pruned + ["--tolerance", "1e-5"]).status == 4)
    #expect(try check(Self.pruned + ["--tolerance", "10"]).status == 0)
    let exact = try check(["--json"])
    #expect(exact.status == 0)
    #expect(try rows(exact).allSatisfy { $0["dense"] == nil && $0["verdict"] as? String == "ok" })
  }

  @Test func exactPassesAreJudgedAsEver() throws {
    let folder = try TemporaryFolder()
    let vector = Models.digits + "/test_data_set_0"
    for name in ["input_0.pb", "output_0.pb"] {
      var bytes = try Array(Data(contentsOf: URL(fileURLWithPath: vector + "/" + name)))
      if name == "output_0.pb" { bytes[bytes.count - 21] ^= 0x40 }
      try folder.write(bytes, name)
    }
    let outcome = try Program.coppice(["check", Models.digitsModel, "--data", folder.path])
    #expect(outcome.status == 4 && outcome.text.contains("WRONG"))
  }

  @Test func theTableHasThreeDigitsAndTheDenseModelBesideIt() throws {
    let text = try check(Self.pruned).text
    #expect(text.contains("same largest") && text.contains("RMSE"))
    let lines = text.split(separator: "\n")
    #expect(
      lines.contains { $0.contains("as compiled") } && lines.contains { $0.contains(" dense ") })
    let numbers = text.split { " \n".contains($0) }.filter { $0.contains(".") && Double($0) != nil }
    #expect(!numbers.isEmpty)
    for number in numbers {
      let mantissa = number.prefix { $0 != "e" }.drop { "0.".contains($0) }
      #expect(mantissa.filter(\.isNumber).count <= 3, "\(number)")
    }
  }
}
