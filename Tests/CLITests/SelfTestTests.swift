import CoppiceTestSupport
import Testing

/// `--vectors`: the self-test that records what a model should answer.
@Suite struct SelfTestTests {
  private func selfTest(_ passes: String, _ options: [String] = []) throws -> Outcome {
    let folder = try TemporaryFolder()
    let outcome = try Program.coppice(
      [
        "compile", Models.digitsModel, "-o", "out", "--name", "net", "--vectors", Models.digits,
        "--passes", passes,
      ] + options, in: folder.path)
    #expect(outcome.status == 0)
    return try Program.shell(
      "cc -O1 -DNET_SELFTEST_MAIN net.c net_selftest.c -o test -lm && exec ./test",
      in: folder.path + "/out")
  }

  @Test func theDenseModelPasses() throws {
    let outcome = try selfTest("@default")
    #expect(outcome.status == 0 && outcome.text.contains("net: pass"), "\(outcome.errors)")
  }

  @Test func aHeavilyPrunedModelDoesNotAnswerTheSame() throws {
    let outcome = try selfTest("@default,prune-magnitude{sparsity=0.9},sparsify")
    #expect(outcome.status == 1 && outcome.text.contains("net: FAIL"))
  }

  @Test func theToleranceIsTheUsers() throws {
    let passes = "@default,prune-magnitude{sparsity=0.9},sparsify"
    #expect(try selfTest(passes, ["--tolerance", "2"]).status == 0)
  }

  @Test func vectorsThatDoNotFitAreRefused() throws {
    let folder = try TemporaryFolder()
    try folder.write(Models.relu)
    let outcome = try Program.coppice(
      ["compile", "model.onnx", "-o", "out", "--vectors", Models.digits], in: folder.path)
    #expect(outcome.status == 2)
    // Three sets, each with one input and one output of another shape.
    #expect(outcome.errors.components(separatedBy: "error[run-inputs]") == 7)
    #expect(folder.names() == ["model.onnx"])
  }
}

extension String {
  fileprivate func components(separatedBy separator: String) -> Int {
    split(separator: separator, omittingEmptySubsequences: false).count
  }
}
