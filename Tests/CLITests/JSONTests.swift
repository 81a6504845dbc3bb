import CoppiceTestSupport
import Foundation
import Testing

/// `--json` on every verb: one document on stdout, talk on stderr, also when the verb fails.
@Suite struct JSONTests {
  private static let data = Models.digits + "/test_data_set_0"
  static let keys: [([String], [String])] = [
    (
      ["compile", Models.digitsModel, "-o", "out"],
      [
        "arena_bytes", "arena_lower_bound", "code_bytes_estimate", "diagnostics", "files",
        "io_bytes", "macs", "macs_nonzero", "name", "peak", "pipeline", "ram_bytes", "reports",
        "stack_bytes", "weights_bytes", "weights_dense_bytes",
      ]
    ),
    (
      ["run", Models.digitsModel, "--inputs", data, "--outputs", "out"], ["diagnostics", "outputs"]
    ),
    (["check", Models.digitsModel, "--data", data], ["diagnostics", "ok", "outputs"]),
    (
      ["prune", Models.digitsModel, "-o", "out.onnx", "--passes", "prune-magnitude{sparsity=0.5}"],
      ["diagnostics", "output", "pipeline", "reports", "weights"]
    ),
    (
      ["inspect", Models.digitsModel],
      [
        "arena_bytes", "arena_lower_bound", "code_bytes_estimate", "diagnostics", "inputs",
        "io_bytes", "layers", "macs", "macs_nonzero", "operators", "outputs", "parameters",
        "parameters_after", "peak", "pipeline", "ram_bytes", "stack_bytes", "target", "weights",
        "weights_after", "weights_bytes", "weights_dense_bytes",
      ]
    ),
    (
      ["bench", Models.digitsModel, "--rounds", "1"],
      ["contenders", "diagnostics", "layers", "target", "unit"]
    ),
    (["passes"], ["passes", "presets"]),
  ]

  @Test(arguments: keys) func verbsPrintObjects(_ words: [String], _ keys: [String]) throws {
    let folder = try TemporaryFolder()
    let outcome = try Program.coppice(words + ["--json"], in: folder.path)
    #expect(outcome.status == 0)
    #expect(outcome.object.keys.sorted() == keys)
  }

  @Test func operatorsAreAList() throws {
    let list = try #require(try Program.coppice(["ops", "--json"]).json as? [[String: Any]])
    #expect(list.count >= 110)
    #expect(list.allSatisfy { $0["name"] is String && $0["since"] is Int })
  }

  static let failures: [([String], Int32, [String])] = [
    (["compile", "none", "-o", "out"], 2, ["file-open"]),
    (["compile", "model.onnx", "-o", "out"], 2, ["unsupported-operator", "unsupported-operator"]),
    (["run", "none", "--inputs", "a", "--outputs", "b"], 2, ["file-open"]),
    (["prune", Models.digitsModel, "-o", "."], 2, ["file-write"]),
    (
      ["run", Models.digitsModel, "--inputs", "a", "--outputs", "model.onnx"], 2,
      ["file-read", "file-write"]
    ),
    (["check", Models.digitsModel, "--data", "a", "b"], 2, ["file-read", "file-read"]),
    (["check", Models.digitsModel, "--data", ".", "b"], 2, ["no-vectors", "file-read"]),
    (["inspect", "model.onnx"], 2, ["unsupported-operator", "unsupported-operator"]),
    (["passes", "--load-pass-plugin", "none"], 2, ["plugin-file"]),
    (["compile", "model.onnx", "-o", "out", "--ram", "x"], 64, ["usage"]),
    (["ops", "extra"], 64, ["usage"]), (["ops", "--markdown"], 64, ["usage"]),
    (["passes", "--markdown"], 64, ["usage"]),
  ]

  @Test(arguments: failures)
  func failuresPrintObjects(_ words: [String], _ status: Int32, _ ids: [String]) throws {
    let folder = try TemporaryFolder()
    try folder.write(Models.unsupported)
    let outcome = try Program.coppice(words + ["--json"], in: folder.path)
    #expect(outcome.status == status)
    #expect(outcome.ids == ids)
    let told = outcome.errors.components(separatedBy: status == 64 ? "Error: " : "error[").count
    #expect(told == ids.count + 1)
  }

  @Test func aMissingCompilerIsAnObject() throws {
    let outcome = try Program.coppice(
      ["check", Models.digitsModel, "--data", Self.data, "--json"], environment: ["PATH": "/none"])
    #expect(outcome.status == 3)
    #expect(outcome.object["status"] as? Int == 3 && outcome.ids == ["cc-failed"])
  }

  @Test func wrongAnswersAreAnObject() throws {
    let outcome = try Program.coppice([
      "check", Models.digitsModel, "--data", Self.data, "--json", "--passes",
      "prune-magnitude{sparsity=0.9}", "--tolerance", "1e-5",
    ])
    #expect(outcome.status == 4)
    #expect(outcome.object["ok"] as? Bool == false)
    #expect(outcome.errors.contains("error[program-failed]"))
  }

  @Test func oddNamesStayJSON() throws {
    let folder = try TemporaryFolder()
    try folder.write(Models.oddNames)
    let words = ["compile", "model.onnx", "-o", "out", "--name", "odd", "--json"]
    #expect(try !Program.coppice(words, in: folder.path).object.isEmpty)
    let manifest = try JSONSerialization.jsonObject(with: Data(folder.bytes("out/odd.json")))
    let inputs = (manifest as? [String: Any])?["inputs"] as? [[String: Any]]
    #expect(inputs?.first?["name"] as? String == "\u{1B}[31mred\"\\")
    let text = try Program.coppice(["inspect", "model.onnx"], in: folder.path)
    #expect(text.status == 0 && text.text.contains("red"))
    #expect(!text.text.unicodeScalars.contains("\u{1B}"))
    #expect(!text.text.unicodeScalars.contains("\u{9B}"))
  }
}
