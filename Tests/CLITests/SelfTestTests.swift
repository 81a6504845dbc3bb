import CoppiceTestSupport
import Testing

/// `--vectors`: the self-test that records what a model should answer.
@Suite struct SelfTestTests {
  private func compiled(_ options: [String], _ folder: TemporaryFolder) throws -> Outcome {
    let outcome = try Program.coppice(
      ["compile", Models.digitsModel, "-o", "out", "--name", "net"] + options, in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome
  }

  private func run(_ folder: TemporaryFolder, _ arguments: String = "") throws -> Outcome {
    try Program.shell(
      "cc -O1 -DNET_SELFTEST_MAIN net.c net_selftest.c -o test -lm && exec ./test \(arguments)",
      in: folder.path + "/out")
  }

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

  @Test func aPrunedModelIsHeldAgainstItsOwnAnswers() throws {
    let folder = try TemporaryFolder()
    let outcome = try compiled(
      ["--vectors", Models.digits, "--passes", "prune-magnitude{sparsity=0.9},@default,sparsify"],
      folder)
    #expect(outcome.errors.contains("[vectors-deviation]"), "\(outcome.errors)")
    let manifest = try folder.text("out/net.json").filter { !$0.isWhitespace }
    #expect(manifest.contains("\"vectors\":3,\"answers\":\"interpreter\",\"deviation\":0."))
    let test = try run(folder)
    #expect(test.status == 0 && test.text.contains("net: pass"), "\(test.text)")
  }

  @Test func aChangedWeightFails() throws {
    let folder = try TemporaryFolder()
    _ = try compiled([], folder)
    #expect(try run(folder).text.contains("net: pass (0)"))
    let source = try folder.text("out/net.c")
    let tables = source.split(
      separator: "_WEIGHTS_ATTR = {\n    ", omittingEmptySubsequences: false
    )
    .map(String.init)
    #expect(tables.count > 4)
    for index in tables.indices.dropFirst() {
      var changed = tables
      // Units that no input turns on are in every network: a weight of each of four units.
      let numbers = changed[index].split(separator: ",", maxSplits: 4)
      #expect(numbers.count == 5)
      changed[index] = "9.1f, 9.1f, 9.1f, 9.1f,\(numbers[4])"
      try folder.write(changed.joined(separator: "_WEIGHTS_ATTR = {\n    "), "out/net.c")
      let test = try run(folder)
      #expect(test.status == 1 && test.text.contains("FAIL (10"), "table \(index): \(test.text)")
    }
  }

  @Test func aChangedByteOfTheBlobFails() throws {
    let folder = try TemporaryFolder()
    _ = try compiled(["--weights", "blob"], folder)
    #expect(try run(folder, "net_weights.bin").text.contains("net: pass (0)"))
    let spoiled = try Program.shell(
      "printf x | dd of=net_weights.bin bs=1 seek=999 conv=notrunc", in: folder.path + "/out")
    #expect(spoiled.status == 0)
    #expect(try run(folder, "net_weights.bin").text.contains("net: FAIL (9)"))
  }

  @Test func theCallersMemoryIsEnough() throws {
    let folder = try TemporaryFolder()
    _ = try compiled([], folder)
    let sizes = try Program.shell(
      "cc -c -DNET_SELFTEST_BORROWS net_selftest.c -o t.o && size -A t.o", in: folder.path + "/out")
    let rows = sizes.text.split(separator: "\n").map { $0.split(separator: " ") }
    let static_ = rows.filter { [".bss", ".data"].contains($0.first ?? "") }
    #expect(static_.count == 2 && static_.allSatisfy { $0[1] == "0" }, "\(sizes.text)")
  }

  /// A convolution of 1x1 on as many channels as it has filters; its first weight is 0.1.
  private static func convolution(_ channels: Int, _ side: Int) -> [UInt8] {
    var weights: [Float] = (0..<(channels * channels)).map { index in
      let step = Float(index * 37 % 101)
      return step / 101 - 0.5
    }
    weights[0] = 0.1
    let (count, extent) = (Dim.extent(channels), Dim.extent(side))
    return Onnx.oneNode(
      Onnx.node("Conv", ["x", "w"], ["y"]),
      initializers: [Onnx.tensor("w", 1, [channels, channels, 1, 1], raw: floats(weights))],
      input: Onnx.value("x", 1, [1, count, extent, extent]),
      output: Onnx.value("y", 1, [1, count, extent, extent]))
  }

  /// 262,144 and 67 million multiply-accumulates.
  private static let larger = convolution(32, 16)
  private static let large = convolution(64, 128)

  private func compiled(
    _ model: [UInt8], _ folder: TemporaryFolder, _ options: [String] = [],
    environment: [String: String] = [:]
  ) throws -> Outcome {
    try folder.write(model)
    let outcome = try Program.coppice(
      ["compile", "model.onnx", "-o", "out", "--name", "net"] + options, in: folder.path,
      environment: environment)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome
  }

  @Test func aChangedWeightOfALargerModelFails() throws {
    let folder = try TemporaryFolder()
    _ = try compiled(Self.larger, folder)
    #expect(try run(folder).text.contains("net: pass (0)"))
    let source = try folder.text("out/net.c")
    #expect(source.contains("{\n    0.1f,"))
    try folder.write(source.replacing("{\n    0.1f,", with: "{\n    9.1f,"), "out/net.c")
    let test = try run(folder)
    #expect(test.status == 1 && test.text.contains("FAIL (100)"), "\(test.text)")
  }

  @Test func aChangedWeightBehindOneOfManyAnswersFails() throws {
    var weights = (0..<4096).map { Float($0 * 37 % 101) / 101 - 0.5 }
    weights[1] = 0.1
    let model = Onnx.oneNode(
      Onnx.node("Add", ["x", "w"], ["y"]),
      initializers: [Onnx.tensor("w", 1, [4096], raw: floats(weights))],
      input: Onnx.value("x", 1, [.extent(4096)]), output: Onnx.value("y", 1, [.extent(4096)]))
    let folder = try TemporaryFolder()
    _ = try compiled(model, folder)
    #expect(try run(folder).text.contains("net: pass (0)"))
    let source = try folder.text("out/net.c")
    #expect(source.split(separator: " 0.1f,").count == 2)
    try folder.write(source.replacing(" 0.1f,", with: " 9.1f,"), "out/net.c")
    let test = try run(folder)
    #expect(test.status == 1 && test.text.contains("FAIL (100)"), "\(test.text)")
  }

  @Test func theHostAnswersForALargeModel() throws {
    let folder = try TemporaryFolder()
    let outcome = try compiled(Self.large, folder)
    #expect(outcome.errors == "", "\(outcome.errors)")
    #expect(
      try folder.text("out/net.json").filter { !$0.isWhitespace }.contains(
        "\"vectors\":1,\"answers\":\"host\""))
    #expect(try run(folder).text.contains("net: pass (0)"))
  }

  @Test func withoutACompilerALargeModelHasNoAnswers() throws {
    let folder = try TemporaryFolder()
    let outcome = try compiled(Self.large, folder, environment: ["PATH": "/none"])
    #expect(outcome.errors.contains("warning[selftest-answers]"), "\(outcome.errors)")
    #expect(outcome.errors.contains("install a C compiler or set CC"), "\(outcome.errors)")
    #expect(
      try folder.text("out/net.json").filter { !$0.isWhitespace }.contains(
        "\"vectors\":0,\"answers\":\"none\""))
    #expect(try run(folder).text.contains("net: pass, but holds no answers (0)"))
    let small = try TemporaryFolder()
    let told = try compiled(Self.larger, small, environment: ["PATH": "/none"])
    #expect(told.errors == "", "\(told.errors)")
  }

  @Test(arguments: [10, 16]) func sixteenBitAnswersAreEqual(_ type: Int) throws {
    let folder = try TemporaryFolder()
    let node = Onnx.node("Transpose", ["x"], ["y"])
    let (input, output) = (Onnx.value("x", type, [8, 9]), Onnx.value("y", type, [9, 8]))
    _ = try compiled(Onnx.oneNode(node, input: input, output: output), folder)
    #expect(try run(folder).text.contains("net: pass (0)"))
    let source = try folder.text("out/net.c")
    #expect(source.contains("] = in0["))
    try folder.write(source.replacing("] = in0[", with: "] = 1 ^ in0["), "out/net.c")
    #expect(try run(folder).text.contains("FAIL (100)"))
  }

  @Test(arguments: ["Log", "Sqrt"]) func answersThatAreNoNumbersHideNothing(_ type: String) throws {
    let folder = try TemporaryFolder()
    let mean = Onnx.node("ReduceSum", ["h"], ["y"], attributes: [Onnx.int("keepdims", 1)])
    _ = try compiled(
      Onnx.model(
        Onnx.graph(
          [Onnx.node(type, ["x"], ["h"]), mean], inputs: [Onnx.value("x", 1, [64])],
          outputs: [Onnx.value("h", 1, [64]), Onnx.value("y", 1, [1])])), folder)
    #expect(try run(folder).text.contains("net: pass (0)"))
    let source = try folder.text("out/net.c")
    let call = type.lowercased() + "f("
    #expect(source.contains(call))
    for other in ["-\(call)", "NAN + \(call)", "fabsf("] {
      try folder.write(source.replacing(call, with: other), "out/net.c")
      #expect(try run(folder).text.contains("FAIL (100)"), "\(other)")
    }
  }

  @Test func modelsWithoutInputsOrWithSymbolsHaveAnswersToo() throws {
    let four = Onnx.tensor("w", 1, [4], raw: floats([1, 2, 3, 4]))
    let models: [([UInt8], [String])] = [
      (
        Onnx.model(
          Onnx.graph(
            [Onnx.node("Neg", ["w"], ["y"])], inputs: [], outputs: [Onnx.value("y", 1, [4])],
            initializers: [four])), []
      ),
      (Models.dynamic("width"), ["--dim", "batch=2", "--dim", "width=5"]),
      (Models.twoInputs, []),
    ]
    for (number, (model, options)) in models.enumerated() {
      let folder = try TemporaryFolder()
      _ = try compiled(model, folder, options)
      #expect(
        try folder.text("out/net.json").filter { !$0.isWhitespace }.contains(
          "\"answers\":\"interpreter\""), "\(number)")
      let test = try run(folder)
      #expect(test.text.contains("net: pass (0)"), "\(number): \(test.text) \(test.errors)")
    }
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
