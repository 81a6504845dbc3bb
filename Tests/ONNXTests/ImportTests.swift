import CoppiceIR
import CoppiceONNX
import CoppiceTestSupport
import Testing

@Suite struct ImportTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func operators(_ model: ImportedModel) -> [String] {
    model.graph.nodes.map { model.graph[$0].op.name }
  }

  @Test func theBatchIsOneAndSaidSo() throws {
    let bytes = Onnx.oneNode(
      Onnx.node("Relu", ["x"], ["y"]), input: Onnx.value("x", 1, ["batch", 4]),
      output: Onnx.value("y", 1, ["batch", 4]))
    let model = try folder.load(bytes)
    #expect(model.graph[model.graph.inputs[0]].type.shape == [1, 4])
    #expect(model.diagnostics.map(\.message.id) == ["batch-assumed"])
    let bound = try folder.load(bytes, dimensions: ["batch": 3])
    #expect(bound.graph[bound.graph.outputs[0]].type.shape == [3, 4])
    #expect(bound.diagnostics.isEmpty)
  }

  @Test func otherDynamicDimensionsMustBeBound() throws {
    let bytes = Onnx.oneNode(
      Onnx.node("Relu", ["x"], ["y"]), input: Onnx.value("x", 1, [1, "width", ""]),
      output: Onnx.value("y", 1, nil))
    #expect(try folder.problems(bytes) == ["dynamic-dimension", "dynamic-dimension"])
    #expect(try folder.problems(bytes, dimensions: ["width": 5, "x:2": 6]) == [])
    #expect(
      try folder.problems(bytes, dimensions: ["width": 5, "x:2": 6, "height": 7]) == [
        "unknown-dimension"
      ])
  }

  @Test func initializersListedAsInputsAreConstants() throws {
    let weight = Onnx.tensor("w", 1, [4], raw: floats([1, 2, 3, 4]))
    let graph = Onnx.graph(
      [Onnx.node("Add", ["x", "w"], ["y"])],
      inputs: [Onnx.value("w", 1, [4]), Onnx.value("x", 1, [1, 4])],
      outputs: [Onnx.value("y", 1, [1, 4])], initializers: [weight])
    let model = try folder.load(Onnx.model(graph, opset: 7, ir: 3))
    #expect(model.graph.inputs.map { model.graph[$0].name } == ["x"])
  }

  /// The checksum is that of the whole file, as `sha1sum` prints it.
  @Test(arguments: [
    ("c26df9440df999ae7d765499acd5ca855709702f", true),
    ("C26DF9440DF999AE7D765499ACD5CA855709702F", true), ("", true),
    ("c26df9440df999ae7d765499acd5ca855709702e", false),
  ])
  func checksumsOfExternalDataAreCompared(_ checksum: String, _ isRight: Bool) throws {
    try folder.write(floats([1, 2, 3, 4]), "weights.bin")
    let entries = [("location", "weights.bin"), ("offset", "8"), ("checksum", checksum)]
    let bytes = Onnx.oneNode(
      Onnx.node("Add", ["x", "w"], ["y"]), initializers: [Onnx.external("w", [2], entries)],
      input: Onnx.value("x", 1, [1, 2]), output: Onnx.value("y", 1, [1, 2]))
    #expect(try folder.problems(bytes) == (isRight ? [] : ["external-checksum"]))
  }

  /// Only adapting older opsets may say that lines go along later axes too.
  @Test(arguments: ["Softmax", "LogSoftmax", "Hardmax"], [11, 13])
  func attributesOfOurOwnAreRefused(_ type: String, _ opset: Int) throws {
    func model(_ attributes: [Wire]) -> [UInt8] {
      Onnx.model(
        Onnx.graph(
          [Onnx.node(type, ["x"], ["y"], attributes: attributes)],
          inputs: [Onnx.value("x", 1, [2, 3, 4])], outputs: [Onnx.value("y", 1, [2, 3, 4])]),
        opset: opset)
    }
    #expect(try folder.problems(model([])) == [])
    #expect(
      try folder.problems(model([Onnx.int("flattened", 1)])) == ["unknown-attribute"])
  }

  @Test func nodesOutOfOrderAreSorted() throws {
    let graph = Onnx.graph(
      [Onnx.node("Abs", ["m"], ["y"]), Onnx.node("Relu", ["x"], ["m"])],
      inputs: [Onnx.value("x", 1, [2])], outputs: [Onnx.value("y", 1, [2])])
    #expect(try operators(folder.load(Onnx.model(graph))) == ["Relu", "Abs"])
  }

  @Test func functionsAreInlinedWithTheirAttributes() throws {
    let reference = Wire {
      $0.text(1, "to"); $0.text(21, "target"); $0.int(20, 2)
    }
    let body = Onnx.function(
      "Twice", ["a"], ["b"],
      [
        Onnx.node("Add", ["a", "a"], ["t"]),
        Onnx.node("Cast", ["t"], ["b"], attributes: [reference]),
      ],
      attributes: ["target"])
    let call = Onnx.node(
      "Twice", ["x"], ["y"], name: "call", domain: "test", attributes: [Onnx.int("target", 11)])
    let graph = Onnx.graph(
      [call], inputs: [Onnx.value("x", 1, [2])], outputs: [Onnx.value("y", 11, [2])])
    let model = try folder.load(Onnx.model(graph, domains: ["test"], functions: [body]))
    #expect(operators(model) == ["Add", "Cast"])
    let output = model.graph[model.graph.outputs[0]]
    #expect(output.name == "y")
    #expect(output.type == TensorType(.float64, [2]))
  }

  @Test func shapeArithmeticIsKnown() throws {
    let axis = Onnx.tensor("zero", 7, [1], raw: littleEndian(Int64(0)))
    let rest = Onnx.tensor("rest", 7, [1], raw: littleEndian(Int64(-1)))
    let graph = Onnx.graph(
      [
        Onnx.node("Shape", ["x"], ["s"]), Onnx.node("Gather", ["s", "zero"], ["b"]),
        Onnx.node("Concat", ["b", "rest"], ["t"], attributes: [Onnx.int("axis", 0)]),
        Onnx.node("Reshape", ["x", "t"], ["y"]),
      ], inputs: [Onnx.value("x", 1, [2, 3, 4])], outputs: [Onnx.value("y", 1, nil)],
      initializers: [axis, rest])
    let model = try folder.load(Onnx.model(graph))
    #expect(model.graph[model.graph.outputs[0]].type.shape == [2, 12])
  }

  @Test func attributesOfOldOpsetsBecomeOperands() throws {
    let attributes = [
      Onnx.attribute("min", kind: 1) { $0.float(2, -1) },
      Onnx.attribute("max", kind: 1) { $0.float(2, 6) },
    ]
    let model = try folder.load(
      Onnx.oneNode(Onnx.node("Clip", ["x"], ["y"], attributes: attributes), opset: 6))
    let node = model.graph[model.graph.nodes[0]]
    #expect(node.operands.map { model.graph.constant($0)?.numbers } == [nil, [-1], [6]])
  }

  @Test func theTakenBranchOfAKnownIfIsRead() throws {
    let branches = ["then_branch": "Relu", "else_branch": "Abs"].sorted { $0.key < $1.key }
    let attributes = branches.map { name, type in
      Onnx.attribute(name, kind: 5) {
        $0.message(
          6,
          Onnx.graph(
            [Onnx.node(type, ["x"], ["r"])], inputs: [], outputs: [Onnx.value("r", 1, [1, 4])]))
      }
    }
    let condition = Onnx.tensor("c", 9, [], raw: [1])
    let bytes = Onnx.oneNode(
      Onnx.node("If", ["c"], ["y"], attributes: attributes), initializers: [condition])
    #expect(try operators(folder.load(bytes)) == ["Relu"])
  }

  /// What is wrong with the body of a loop is said once, not for each turn.
  @Test func theBodyOfALoopIsFaultedOnce() throws {
    let body = Onnx.graph(
      [Onnx.node("Frobnicate", ["s"], ["t"]), Onnx.node("Relu", ["s"], ["r"])],
      inputs: [Onnx.value("i", 7, []), Onnx.value("c", 9, []), Onnx.value("s", 1, [1, 4])],
      outputs: [Onnx.value("c", 9, []), Onnx.value("r", 1, [1, 4])])
    let turns = Onnx.tensor("n", 7, [], raw: littleEndian(Int64(20)))
    let bytes = Onnx.oneNode(
      Onnx.node(
        "Loop", ["n", "", "x"], ["y"],
        attributes: [Onnx.attribute("body", kind: 5) { $0.message(6, body) }]),
      initializers: [turns])
    #expect(try folder.problems(bytes) == ["unsupported-operator", "loop-body"])
  }

  @Test func everyUnsupportedNodeIsListedWithItsTypes() throws {
    let graph = Onnx.graph(
      [
        Onnx.node("Frobnicate", ["x"], ["a"], name: "first"),
        Onnx.node("Relu", ["a"], ["b"]),
        Onnx.node("Quux", ["b", "x"], ["y"], name: "second", domain: "com.example"),
      ], inputs: [Onnx.value("x", 1, [2])], outputs: [Onnx.value("y", 1, [2])])
    let error = try #require(throws: Diagnostics.self) {
      try folder.load(Onnx.model(graph, domains: ["com.example"]))
    }
    #expect(error.all.map(\.message.id) == ["unsupported-operator", "unsupported-operator"])
    let text = error.description
    #expect(text.contains("node 'first' (#0, Frobnicate)"))
    #expect(text.contains("of domain 'com.example' of opset 1"))
    #expect(text.contains("%x is f32[2]"))
  }
}
