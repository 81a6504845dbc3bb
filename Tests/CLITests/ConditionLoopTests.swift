import CoppiceTestSupport
import Foundation
import Testing

/// Loops whose turns are known only when the code runs give what onnxruntime gives.
@Suite(.enabled(if: Program.hasPython)) struct ConditionLoopTests {
  private static let models = [
    "newton", "counted", "given", "limited", "started", "carried", "nested", "power",
  ]

  private func folder() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let script = Program.root + "/Tests/CLITests/loop_models.py"
    let made = try Program.run([Program.python, script, folder.path])
    #expect(made.status == 0, "\(made.errors)")
    return folder
  }

  @Test func theCodeAgrees() throws {
    let folder = try folder()
    for model in Self.models {
      for options in [[], ["--target", "x86-64"], ["--passes", "@cleanup"]] {
        let words = ["check", "\(model).onnx", "--data", model, "--tolerance", "0.00001"] + options
        let outcome = try Program.coppice(words, in: folder.path)
        #expect(outcome.status == 0, "\(model) \(options): \(outcome.text) \(outcome.errors)")
      }
    }
  }

  @Test func theInterpreterAgrees() throws {
    let folder = try folder()
    for model in Self.models {
      let data = "\(model)/test_data_set_1"
      let outcome = try Program.coppice(
        [
          "run", "\(model).onnx", "--inputs", data, "--outputs", "out", "--format", "npy",
          "--interpret",
        ], in: folder.path)
      #expect(outcome.status == 0, "\(model): \(outcome.errors)")
      let expected = try floatsOfNumpy(try folder.bytes("\(data)/output_0.npy"))
      let found = try floatsOfNumpy(try folder.bytes("out/output_0.npy"))
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-5 * max(1, abs($1)) })
    }
  }

  @Test func whatIsWrittenBackAgrees() throws {
    let folder = try folder()
    for model in Self.models {
      let pruned = try Program.coppice(
        ["prune", "\(model).onnx", "-o", "again.onnx", "--passes", "@cleanup"], in: folder.path)
      #expect(pruned.status == 0, "\(model): \(pruned.errors)")
      let words = ["check", "again.onnx", "--data", model, "--tolerance", "0.00001"]
      let outcome = try Program.coppice(words, in: folder.path)
      #expect(outcome.status == 0, "\(model): \(outcome.text) \(outcome.errors)")
    }
  }

  @Test func theCodeHasALoopThatTests() throws {
    let folder = try folder()
    let outcome = try Program.coppice(
      ["compile", "newton.onnx", "-o", "out", "--name", "net"], in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let source = try folder.text("out/net.c")
    #expect(source.contains("while (") && !source.contains("int64_t turn"))
  }
}

/// What has no code, and what has no end.
@Suite struct EndlessLoopTests {
  /// Adds nothing while the sum is below what it never reaches, and may collect the sums.
  private static func model(collects: Bool, limit: Int64? = nil) -> [UInt8] {
    let rows = collects ? [Onnx.value("u", 1, [2])] : []
    let body = Onnx.graph(
      [
        Onnx.node("Add", ["s", "d"], ["t"]), Onnx.node("Identity", ["t"], ["u"]),
        Onnx.node("ReduceMax", ["t"], ["most"], attributes: [Onnx.int("keepdims", 0)]),
        Onnx.node("Less", ["most", "bound"], ["go"]),
      ],
      inputs: [Onnx.value("i", 7, []), Onnx.value("c", 9, []), Onnx.value("s", 1, [2])],
      outputs: [Onnx.value("go", 9, []), Onnx.value("t", 1, [2])] + rows)
    let node = Onnx.node(
      "Loop", [limit == nil ? "" : "n", "first", "x"], collects ? ["y", "all"] : ["y"],
      attributes: [Onnx.attribute("body", kind: 5) { $0.message(6, body) }])
    return Onnx.model(
      Onnx.graph(
        [node], inputs: [Onnx.value("x", 1, [2])],
        outputs: [Onnx.value("y", 1, [2])] + (collects ? [Onnx.value("all", 1, nil)] : []),
        initializers: [
          Onnx.tensor("n", 7, [], raw: littleEndian(limit ?? 0)),
          Onnx.tensor("d", 1, [2], raw: floats([0, 0])),
          Onnx.tensor("bound", 1, [], raw: floats([1e30])),
          Onnx.tensor("first", 9, [], raw: [1]),
        ]))
  }

  @Test(arguments: [nil, 40]) func whatIsCollectedNeedsAnExtent(_ limit: Int64?) throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.model(collects: true, limit: limit))
    let outcome = try Program.coppice(["compile", "model.onnx", "-o", "out"], in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("error[loop-unknown]: what Loop collects"), "\(outcome.errors)")
  }

  /// The self-test of a loop that never ends for its noise has no answers: `selftest-turns`.
  @Test func aLoopWithoutEndIsNotTriedForever() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.model(collects: false))
    let outcome = try Program.coppice(["compile", "model.onnx", "-o", "out"], in: folder.path)
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("makes more turns than are tried"), "\(outcome.errors)")
  }

  @Test func aConditionThatAlwaysHoldsIsNoEnd() throws {
    let body = Onnx.graph(
      [Onnx.node("Identity", ["c"], ["go"]), Onnx.node("Add", ["s", "x"], ["t"])],
      inputs: [Onnx.value("i", 7, []), Onnx.value("c", 9, []), Onnx.value("s", 1, [2])],
      outputs: [Onnx.value("go", 9, []), Onnx.value("t", 1, [2])])
    let node = Onnx.node(
      "Loop", ["", "first", "x"], ["y"],
      attributes: [Onnx.attribute("body", kind: 5) { $0.message(6, body) }])
    let folder = try TemporaryFolder()
    try folder.write(
      Onnx.model(
        Onnx.graph(
          [node], inputs: [Onnx.value("x", 1, [2])], outputs: [Onnx.value("y", 1, [2])],
          initializers: [Onnx.tensor("first", 9, [], raw: [1])])))
    let outcome = try Program.coppice(["compile", "model.onnx", "-o", "out"], in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("error[loop-body]: the loop has no end"), "\(outcome.errors)")
  }
}
