import CoppiceTestSupport
import Testing

/// Loops of more turns than are written out: one kernel that runs its body again and again.
@Suite struct LongLoopTests {
  private static func model(_ node: Wire, outputs: [Wire], turns: Int = 3000) -> [UInt8] {
    Onnx.model(
      Onnx.graph(
        [node], inputs: [Onnx.value("x", 1, [2])], outputs: outputs,
        initializers: [
          Onnx.tensor("n", 7, [], raw: littleEndian(Int64(turns))),
          Onnx.tensor("d", 1, [2], raw: floats([1, 0.5])),
        ]))
  }

  private static func body(_ nodes: [Wire], inputs: [Wire], outputs: [Wire]) -> [Wire] {
    let graph = Onnx.graph(nodes, inputs: inputs, outputs: outputs)
    return [Onnx.attribute("body", kind: 5) { $0.message(6, graph) }]
  }

  /// Adds `d` in each turn, and keeps what that gave.
  static func adding(_ turns: Int) -> [UInt8] {
    let attributes = body(
      [
        Onnx.node("Identity", ["c"], ["go"]), Onnx.node("Add", ["s", "d"], ["t"]),
        Onnx.node("Neg", ["t"], ["u"]),
      ],
      inputs: [Onnx.value("i", 7, []), Onnx.value("c", 9, []), Onnx.value("s", 1, [2])],
      outputs: [Onnx.value("go", 9, []), Onnx.value("t", 1, [2]), Onnx.value("u", 1, [2])])
    let node = Onnx.node("Loop", ["n", "", "x"], ["y", "all"], attributes: attributes)
    return model(
      node, outputs: [Onnx.value("y", 1, [2]), Onnx.value("all", 1, [.extent(turns), 2])],
      turns: turns)
  }

  /// What a model gives for `x = [3, 4]`, by the C or by the interpreter.
  private func answers(_ model: [UInt8], _ options: [String]) throws -> [[Float]] {
    let folder = try TemporaryFolder()
    try folder.write(model)
    try folder.write(Onnx.tensor("x", 1, [2], raw: floats([3, 4])).bytes, "in/input_0.pb")
    let outcome = try Program.coppice(
      ["run", "model.onnx", "--inputs", "in", "--outputs", "out", "--format", "npy"] + options,
      in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try (0..<2).map { index in
      try floatsOfNumpy(try folder.bytes("out/output_\(index).npy"))
    }
  }

  @Test(arguments: [[], ["--interpret"], ["--target", "x86-64"]])
  func theBodyRunsThousandsOfTimes(_ options: [String]) throws {
    let (result, all) = try { ($0[0], $0[1]) }(answers(Self.adding(3000), options))
    #expect(result == [3003, 1504])
    let expected = (1...3000).flatMap { [-3 - Float($0), -4 - Float($0) / 2] }
    #expect(all == expected)
  }

  @Test func theCodeHasOneLoopAndOneBody() throws {
    let folder = try TemporaryFolder()
    #expect(try Program.compile(Self.adding(3000), in: folder) == 0)
    let source = try folder.text("out/model.c")
    #expect(source.contains("turn < 3000"))
    #expect(source.count < 20_000)
  }

  @Test(arguments: [[], ["--interpret"]])
  func carriedValuesChangePlaces(_ options: [String]) throws {
    let attributes = Self.body(
      [
        Onnx.node("Identity", ["c"], ["go"]), Onnx.node("Identity", ["b"], ["p"]),
        Onnx.node("Identity", ["a"], ["q"]),
      ],
      inputs: [
        Onnx.value("i", 7, []), Onnx.value("c", 9, []), Onnx.value("a", 1, [2]),
        Onnx.value("b", 1, [2]),
      ],
      outputs: [Onnx.value("go", 9, []), Onnx.value("p", 1, [2]), Onnx.value("q", 1, [2])])
    let node = Onnx.node("Loop", ["n", "", "x", "d"], ["y", "z"], attributes: attributes)
    let bytes = Self.model(
      node, outputs: [Onnx.value("y", 1, [2]), Onnx.value("z", 1, [2])], turns: 1501)
    #expect(try answers(bytes, options) == [[1, 0.5], [3, 4]])
  }

  @Test(arguments: [[], ["--interpret"]])
  func aScanGoesBackwardsAlongAnyAxis(_ options: [String]) throws {
    let count = 1500
    let graph = Onnx.graph(
      [Onnx.node("Add", ["s", "e"], ["t"]), Onnx.node("Identity", ["t"], ["u"])],
      inputs: [Onnx.value("s", 1, [2]), Onnx.value("e", 1, [2])],
      outputs: [Onnx.value("t", 1, [2]), Onnx.value("u", 1, [2])])
    let node = Onnx.node(
      "Scan", ["x", "w"], ["y", "all"],
      attributes: [
        Onnx.attribute("body", kind: 5) { $0.message(6, graph) }, Onnx.int("num_scan_inputs", 1),
        Onnx.ints("scan_input_axes", [1]), Onnx.ints("scan_input_directions", [1]),
        Onnx.ints("scan_output_axes", [1]), Onnx.ints("scan_output_directions", [1]),
      ])
    let weights = (0..<2 * count).map { Float($0 % count) + Float($0 / count) }
    let bytes = Onnx.model(
      Onnx.graph(
        [node], inputs: [Onnx.value("x", 1, [2])],
        outputs: [Onnx.value("y", 1, [2]), Onnx.value("all", 1, [2, .extent(count)])],
        initializers: [Onnx.tensor("w", 1, [2, count], raw: floats(weights))]))
    var expected = [Float](repeating: 0, count: 2 * count)
    for row in 0..<2 {
      var sum: Float = row == 0 ? 3 : 4
      for place in (0..<count).reversed() {
        sum += weights[row * count + place]
        expected[row * count + place] = sum
      }
    }
    #expect(try answers(bytes, options) == [[expected[0], expected[count]], expected])
  }

  @Test func writtenModelsGiveTheSame() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.adding(3000))
    let outcome = try Program.coppice(
      ["prune", "model.onnx", "-o", "again.onnx", "--passes", "@cleanup"], in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(try answers(try folder.bytes("again.onnx"), [])[0] == [3003, 1504])
  }

  @Test func aBodyOfTooManyTensorsIsRefused() throws {
    let count = 130
    let chain = (0..<count).map { index in
      Onnx.node("Softmax", [index == 0 ? "s" : "t\(index - 1)"], ["t\(index)"])
    }
    let attributes = Self.body(
      [Onnx.node("Identity", ["c"], ["go"])] + chain,
      inputs: [Onnx.value("i", 7, []), Onnx.value("c", 9, []), Onnx.value("s", 1, [2])],
      outputs: [Onnx.value("go", 9, []), Onnx.value("t\(count - 1)", 1, [2])])
    let node = Onnx.node("Loop", ["n", "", "x"], ["y"], attributes: attributes)
    let folder = try TemporaryFolder()
    try folder.write(Self.model(node, outputs: [Onnx.value("y", 1, [2])]))
    let outcome = try Program.coppice(["compile", "model.onnx", "-o", "out"], in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("error[loop-buffers]"), "\(outcome.errors)")
  }

  @Test func aValueThatGrowsIsNotCarried() throws {
    let attributes = Self.body(
      [
        Onnx.node("Identity", ["c"], ["go"]),
        Onnx.node("Concat", ["s", "d"], ["t"], attributes: [Onnx.int("axis", 0)]),
      ],
      inputs: [Onnx.value("i", 7, []), Onnx.value("c", 9, []), Onnx.value("s", 1, nil)],
      outputs: [Onnx.value("go", 9, []), Onnx.value("t", 1, nil)])
    let node = Onnx.node("Loop", ["n", "", "x"], ["y"], attributes: attributes)
    let folder = try TemporaryFolder()
    try folder.write(Self.model(node, outputs: [Onnx.value("y", 1, nil)]))
    let outcome = try Program.coppice(["compile", "model.onnx", "-o", "out"], in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("error[loop-carried]"))
  }
}
