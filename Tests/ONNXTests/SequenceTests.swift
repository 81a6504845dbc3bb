import CoppiceIR
import CoppiceONNX
import CoppiceTestSupport
import Testing

/// Sequences and optionals of known length leave nothing of themselves in the graph.
@Suite struct SequenceTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let x = Onnx.value("x", 1, [2, 3])
  private static func index(_ name: String, _ value: Int) -> Wire {
    Onnx.tensor(name, 7, [], raw: littleEndian(Int64(value)))
  }

  private func model(
    _ nodes: [Wire], _ output: Wire, _ initializers: [Wire] = [], opset: Int = 17
  ) -> [UInt8] {
    Onnx.model(
      Onnx.graph(nodes, inputs: [Self.x], outputs: [output], initializers: initializers),
      opset: opset)
  }

  private func evaluate(_ bytes: [UInt8]) throws -> [[Double]] {
    let graph = try folder.load(bytes).graph
    #expect(Verifier.check(graph).isEmpty)
    let input = Constant((0..<6).map { Float($0) }, .float32, [2, 3])
    return try GraphEvaluator(graph).outputs([input]).map(\.numbers)
  }

  @Test func elementsAreInsertedErasedAndTaken() throws {
    let nodes = [
      Onnx.node("SequenceEmpty", [], ["s0"]), Onnx.node("SequenceInsert", ["s0", "x"], ["s1"]),
      Onnx.node("Neg", ["x"], ["n"]), Onnx.node("SequenceInsert", ["s1", "n", "zero"], ["s2"]),
      Onnx.node("SequenceConstruct", ["x", "n"], ["t"]),
      Onnx.node("SequenceErase", ["s2", "last"], ["s3"]),
      Onnx.node("SequenceAt", ["s3", "zero"], ["y"]),
    ]
    let bytes = model(
      nodes, Onnx.value("y", 1, [2, 3]), [Self.index("zero", 0), Self.index("last", -1)])
    #expect(try evaluate(bytes) == [[0, -1, -2, -3, -4, -5]])
  }

  @Test func partsAreSplitAndJoined() throws {
    let nodes = [
      Onnx.node(
        "SplitToSequence", ["x"], ["s"],
        attributes: [Onnx.int("axis", 1), Onnx.int("keepdims", 0)]),
      Onnx.node(
        "ConcatFromSequence", ["s"], ["y"],
        attributes: [Onnx.int("axis", 0), Onnx.int("new_axis", 1)]),
    ]
    #expect(try evaluate(model(nodes, Onnx.value("y", 1, [3, 2]))) == [[0, 3, 1, 4, 2, 5]])
  }

  @Test func optionalsAreWhatTheyHold() throws {
    let nodes = [
      Onnx.node("Optional", ["x"], ["o"]), Onnx.node("OptionalGetElement", ["o"], ["e"]),
      Onnx.node("OptionalHasElement", [""], ["none"]),
      Onnx.node("OptionalHasElement", ["o"], ["some"]),
      Onnx.node("And", ["none", "some"], ["c"]), Onnx.node("Where", ["c", "e", "m"], ["y"]),
      Onnx.node("Neg", ["e"], ["m"]),
    ]
    #expect(
      try evaluate(model(nodes, Onnx.value("y", 1, [2, 3]), opset: 18)) == [
        [0, -1, -2, -3, -4, -5]
      ])
  }

  @Test func theBodyOfAMapIsReadForEachElement() throws {
    let body = Onnx.graph(
      [Onnx.node("Add", ["a", "a"], ["b"])], inputs: [Onnx.value("a", 1, [2, 3])],
      outputs: [Onnx.value("b", 1, [2, 3])])
    let nodes = [
      Onnx.node("Neg", ["x"], ["n"]), Onnx.node("SequenceConstruct", ["x", "n"], ["s"]),
      Onnx.node(
        "SequenceMap", ["s"], ["t"],
        attributes: [Onnx.attribute("body", kind: 5) { $0.message(6, body) }]),
      Onnx.node("SequenceAt", ["t", "one"], ["y"]),
    ]
    #expect(
      try evaluate(model(nodes, Onnx.value("y", 1, [2, 3]), [Self.index("one", 1)]))
        == [[0, -2, -4, -6, -8, -10]])
  }

  @Test func whatIsNotKnownIsRefused() throws {
    let construct = Onnx.node("SequenceConstruct", ["x"], ["s"])
    let body = Onnx.graph(
      [Onnx.node("Add", ["a", "b"], ["c"])],
      inputs: [Onnx.value("a", 1, [2, 3]), Onnx.value("b", 1, [2, 3])],
      outputs: [Onnx.value("c", 1, [2, 3])])
    let map = Onnx.node(
      "SequenceMap", ["t", "s"], ["y"],
      attributes: [Onnx.attribute("body", kind: 5) { $0.message(6, body) }])
    let cases: [([Wire], String)] = [
      ([construct, Onnx.node("Neg", ["s"], ["y"])], "sequence-operand"),
      ([construct, Onnx.node("SequenceAt", ["s", "one"], ["y"])], "index-range"),
      (
        [Onnx.node("Optional", [], ["o"]), Onnx.node("OptionalGetElement", ["o"], ["y"])],
        "optional-empty"
      ),
      ([Onnx.node("SequenceConstruct", ["x"], ["y"])], "sequence-output"),
      ([Onnx.node("SequenceLength", ["x"], ["y"])], "sequence-operator"),
      (
        [construct, Onnx.node("SequenceConstruct", ["x", "x"], ["t"]), map], "sequence-length"
      ),
    ]
    for (nodes, id) in cases {
      let bytes = model(nodes, Onnx.value("y", 1, [2, 3]), [Self.index("one", 1)])
      #expect(try folder.problems(bytes).contains(id), "\(id)")
    }
  }

  /// A body of FlexAttention that cannot be compiled, and one that gives another shape.
  @Test func bodiesOfAttentionAreChecked() throws {
    let four: [Dim] = [1, 1, 2, 2]
    for (nodes, ids) in [
      ([Onnx.node("Unheard", ["a"], ["b"])], ["subgraph-body"]),
      ([Onnx.node("Flatten", ["a"], ["b"])], ["attention-body"]),
    ] {
      let body = Onnx.graph(
        nodes, inputs: [Onnx.value("a", 1, four)], outputs: [Onnx.value("b", 1, four)])
      let node = Onnx.node(
        "FlexAttention", ["q", "q", "q"], ["y"], domain: "ai.onnx.preview",
        attributes: [Onnx.attribute("score_mod", kind: 5) { $0.message(6, body) }])
      let bytes = Onnx.model(
        Onnx.graph([node], inputs: [Onnx.value("q", 1, four)], outputs: [Onnx.value("y", 1, four)]),
        opset: 26, domains: ["ai.onnx.preview"])
      #expect(try ids.allSatisfy(folder.problems(bytes).contains))
    }
  }
}
