import CoppiceTestSupport
import Testing

/// A pipeline that prunes nothing says so, and why.
@Suite struct PruneNothingTests {
  static let relu = "relu.onnx"
  static let digits = Models.digitsModel
  static let unknown = "unknown.onnx"

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try folder.write(Models.relu, Self.relu)
    try folder.write(WeightListTests.model(quantized: true, known: false), Self.unknown)
    return folder
  }

  @Test(
    arguments: [
      (relu, "prune-magnitude{sparsity=0.5}", "reads a constant of rank 2 or more"),
      (
        digits, "only{name~\"nowhere\"}(prune-magnitude{sparsity=0.5})",
        "only{...} leaves no weight"
      ),
      (
        digits,
        "only{op~\"Relu\"}(prune-movement{record=\(Models.digits)/digits.prunerec.safetensors,keep=0.2})",
        "only{...} leaves no weight"
      ),
      (
        unknown, "prune-magnitude{sparsity=0.5}",
        "stored as int8 behind DequantizeLinear 'dq', whose scales are not known, stand for blocks"
      ),
      (digits, "prune-magnitude{sparsity=0}", "selects no weight"),
      (digits, "prune-magnitude{threshold=0.0}", "selects no weight"),
      (digits, "prune-filters{sparsity=0.001}", "rounds down to none"),
      (digits, "@cleanup", "no pass of '@cleanup' prunes"),
      (digits, nil, "no pass of '@default' prunes"),
    ] as [(String, String?, String)])
  func theReasonIsGiven(_ model: String, _ passes: String?, _ reason: String) throws {
    let folder = try folder()
    let words = ["prune", model, "-o", "out.onnx", "--json"]
    let outcome = try Program.coppice(
      words + (passes.map { ["--passes", $0] } ?? []), in: folder.path)
    #expect(outcome.status == 0)
    #expect(outcome.ids.filter { $0 == "prune-nothing" }.count == 1)
    #expect(outcome.errors.contains(reason), "\(outcome.errors)")
  }

  @Test(arguments: [
    "fix(prune-magnitude{sparsity=0.5})", "prune-filters{sparsity=0.5}",
    "prune-magnitude{sparsity=0.5},prune-magnitude{sparsity=0.5}",
  ]) func noWarningWhereSomethingIsPruned(_ passes: String) throws {
    let folder = try folder()
    let outcome = try Program.coppice(
      ["prune", Self.digits, "-o", "out.onnx", "--json", "--passes", passes], in: folder.path)
    #expect(outcome.status == 0 && !outcome.ids.contains("prune-nothing"))
  }

  @Test func filtersThatCannotGoAreAnError() throws {
    let folder = try folder()
    let outcome = try Program.coppice(
      ["prune", Self.relu, "-o", "out.onnx", "--passes", "prune-filters{sparsity=0.5}"],
      in: folder.path)
    #expect(outcome.status == 2 && outcome.errors.contains("prune-filters-none"))
  }
}
