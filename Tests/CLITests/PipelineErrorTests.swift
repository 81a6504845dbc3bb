import CoppiceTestSupport
import Testing

/// What is wrong with a pipeline is told with its place and what was meant, all of it at once.
@Suite struct PipelineErrorTests {
  private func errors(_ passes: String) throws -> String {
    let folder = try TemporaryFolder()
    let outcome = try Program.coppice(
      ["compile", Models.digitsModel, "-o", "out", "--passes", passes], in: folder.path, limit: 20)
    #expect(outcome.status == 2 && outcome.output.isEmpty)
    #expect(folder.names().isEmpty)
    return outcome.errors
  }

  static let cases: [(String, [String])] = [
    ("prune-magnitud{sparsity=0.5}", ["--passes:1:1: ", "did you mean 'prune-magnitude'?"]),
    ("@default,@defualt", ["--passes:1:10: ", "did you mean 'default'?"]),
    (
      "@default, prune-magnitude{sparsty=0.5}",
      ["--passes:1:27: ", "did you mean 'sparsity'?", "^"]
    ),
    ("prune-magnitude{sparsity=1.5}", ["--passes:1:17: ", "from 0 to 1, not '1.5'"]),
    ("prune-magnitude{scope=wide,sparsity=0}", ["--passes:1:17: ", "local, global, not 'wide'"]),
    ("remove-dead,\n nope,\n  nada{a=1}", ["--passes:2:2: ", "--passes:3:3: "]),
    ("fix(remove-dead", ["--passes:1:4: ", "'(' is not closed"]),
    ("remove-dead)", ["--passes:1:12: "]),
    ("prune-magnitude{sparsity=\"0.5", ["--passes:1:26: ", "'\"' is not closed"]),
    ("only{color=red}(remove-dead)", ["--passes:1:6: ", "'name' or 'op'"]),
    (
      "@default,only{op=Cnov}(sparsify)",
      ["--passes:1:18: ", "pipeline-unknown-operator", "did you mean 'Conv'?"]
    ),
    ("only{op=conv}(sparsify)", ["--passes:1:9: ", "did you mean 'Conv'?"]),
    ("only{op=Scatter}(sparsify)", ["did you mean 'ScatterElements'?"]),
    ("only{op~\"Kernel*\"}(sparsify)", ["no operator is called 'Kernel*'"]),
    ("@default,!nope", ["--passes:1:10: ", "no preset here has the pass 'nope'"]),
    ("remove-dead,,remove-dead", ["--passes:1:13: ", "expected a pass"]),
  ]

  @Test(arguments: cases) func errorsPointAtTheirPlace(_ passes: String, _ words: [String]) throws {
    let errors = try errors(passes)
    for word in words { #expect(errors.contains(word), "\(errors)") }
  }

  @Test func aScopeThatHoldsNothingIsTold() throws {
    func warnings(_ passes: String) throws -> String {
      let outcome = try Program.coppice(["inspect", Models.digitsModel, "--passes", passes])
      #expect(outcome.status == 0)
      return outcome.errors
    }
    let name = "conv2"
    let wrong = try warnings("only{name=\"\(name)x\"}(fix(remove-dead)),only{name~nope}(sparsify)")
    #expect(wrong.contains("warning[only-nothing]"), "\(wrong)")
    #expect(wrong.contains("did you mean '\(name)'?"), "\(wrong)")
    #expect(wrong.contains("'coppice inspect' lists them"), "\(wrong)")
    #expect(try warnings("fix(only{op~\"*\"}(@default))").isEmpty)
    #expect(try warnings("only{name=\"\(name)\"}(sparsify)").isEmpty)
  }

  @Test func hostileTextEndsSoon() throws {
    let deep = 5000
    let texts = [
      String(repeating: "fix(", count: deep) + "sparsify" + String(repeating: ")", count: deep),
      String(repeating: "only{name=a}(", count: deep),
      String(repeating: "{", count: 100_000), String(repeating: ")", count: 100_000),
      String(repeating: ",", count: 20_000), String(repeating: "nope,", count: 10_000),
      "\u{1}\u{7F},\u{1F600}", String(repeating: "\"", count: 99_999),
      "prune-magnitude{" + String(repeating: "sparsity=1,", count: 5000) + "}",
    ]
    for text in texts { #expect(try !errors(text).isEmpty) }
  }

  @Test func aLongPipelineRuns() throws {
    let text = Array(repeating: "remove-dead", count: 2000).joined(separator: ",")
    let words = ["inspect", Models.digitsModel, "--passes", text]
    #expect(try Program.coppice(words, limit: 20).status == 0)
  }
}
