import CoppiceTestSupport
import Testing

/// Sentences of the contract that no other suite holds.
@Suite struct ContractTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func compile(_ passes: String, _ model: String = Models.digitsModel) throws -> Outcome {
    let outcome = try Program.coppice(
      ["compile", model, "-o", "out", "--name", "net", "--passes", passes], in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome
  }

  static let options: [(String, [String])] = [
    (
      "compile",
      [
        "-o", "--name", "--passes", "--target", "--weights", "--dim", "--ram", "--flash", "--json",
        "--vectors", "--verify-each", "--print-after-changed", "--time-passes", "--max-rewrites",
        "--load-pass-plugin", "--limit",
      ]
    ),
    ("run", ["--inputs", "--outputs", "--format", "--passes", "--target", "--dim", "--json"]),
    ("check", ["--data", "--tolerance", "--passes", "--json"]),
    ("prune", ["-o", "--passes", "--masks", "--json"]),
    ("bisect", ["-o", "--data", "--passes", "--tolerance", "--json"]),
    ("inspect", ["--passes", "--json"]), ("passes", ["--markdown", "--json"]),
    ("ops", ["--markdown", "--json"]),
  ]

  @Test(arguments: options) func helpNamesEveryOption(_ verb: String, _ options: [String]) throws {
    let help = try Program.coppice([verb, "--help"]).text
    for option in options { #expect(help.contains(" " + option), "\(verb) \(option)") }
  }

  @Test func zerosThatAreStoredDenseAreTold() throws {
    let passes = "prune-magnitude{sparsity=0.8}"
    #expect(try compile(passes).errors.contains("% zeros stored dense: add sparsify"))
    #expect(try compile(passes).errors.contains("warning[dense-zeros]"))
    #expect(try !compile(passes + ",sparsify").errors.contains("stored dense"))
    #expect(try !compile("@default").errors.contains("stored dense"))
  }

  @Test func aWeightLeftAllZeroIsTold() throws {
    let errors = try compile("prune-magnitude{sparsity=1},sparsify").errors
    for name in ["conv1", "conv2", "conv3", "fc"] {
      #expect(errors.contains("every element of the weight '\(name).weight' is zero now"))
    }
  }

  @Test func valuesWithCommasStandInQuotes() throws {
    let record = Models.digits + "/digits.prunerec.safetensors"
    #expect(try Program.run(["cp", record, "a, b}.st"], in: folder.path).status == 0)
    let quoted = "prune-movement{record=\"a, b}.st\",sparsity=0.5},sparsify"
    _ = try compile(quoted)
    #expect(try folder.text("out/net.json").contains("record=\\\"a, b}.st\\\""))
  }

  /// Before IR version 4, initializers are listed among the inputs.
  @Test func inputsAreCountedWithoutInitializers() throws {
    let types = [Onnx.value("w", 1, [1, 4]), Onnx.value("x", 1, [1, 4])]
    let graph = Onnx.graph(
      [Onnx.node("Sub", ["x", "w"], ["y"])], inputs: types, outputs: [Onnx.value("y", 1, [1, 4])],
      initializers: [Onnx.tensor("w", 1, [1, 4], raw: floats([1, 2, 3, 4]))])
    try folder.write(Onnx.model(graph, opset: 8, ir: 3))
    try folder.write(Onnx.tensor("", 1, [1, 4], raw: floats([5, 5, 5, 5])).bytes, "in/input_0.pb")
    let words = ["run", "model.onnx", "--inputs", "in", "--outputs", "out"]
    #expect(try Program.coppice(words, in: folder.path).status == 0)
    #expect(try folder.bytes("out/output_0.pb").suffix(16) == floats([4, 3, 2, 1])[...])
  }

  @Test func withoutPassesNothingApproximateRuns() throws {
    let outcome = try Program.coppice(
      ["compile", Models.digitsModel, "-o", "out", "--name", "net", "--json"], in: folder.path)
    #expect(outcome.object["pipeline"] as? String == "@default")
    let nonzero = outcome.object["macs_nonzero"] as? Int
    let inspected = try Program.coppice(["inspect", Models.digitsModel, "--passes", "", "--json"])
    #expect(nonzero == inspected.object["macs_nonzero"] as? Int)
  }
}
