import CoppiceTestSupport
import Testing

/// What the importer refuses, by the ids of its diagnostics.
@Suite struct RefusedModelTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func statisticsForEachElement() throws {
    let ones = ["s", "b", "m", "v"].map { Onnx.tensor($0, 1, [4], raw: floats([1, 1, 1, 1])) }
    let node = Onnx.node(
      "BatchNormalization", ["x", "s", "b", "m", "v"], ["y"],
      attributes: [Onnx.int("spatial", 0)])
    #expect(
      try folder.problems(Onnx.oneNode(node, initializers: ones, opset: 7)) == ["adapt-batchnorm"])
  }

  @Test func tilesThatAreNotKnown() throws {
    let graph = Onnx.graph(
      [Onnx.node("Tile", ["x", "n", "a"], ["y"])],
      inputs: [Onnx.value("x", 1, [4]), Onnx.value("n", 1, [1]), Onnx.value("a", 1, [1])],
      outputs: [Onnx.value("y", 1, nil)])
    #expect(try folder.problems(Onnx.model(graph, opset: 1)) == ["adapt-tile"])
  }

  @Test func textsInExternalFiles() throws {
    let texts = Onnx.tensor("w", 8, [1]) { wire in
      wire.message(
        13,
        Wire {
          $0.text(1, "location")
          $0.text(2, "w.bin")
        })
      wire.int(14, 1)
    }
    let model = Onnx.oneNode(Onnx.node("Identity", ["w"], ["y"]), initializers: [texts])
    #expect(try folder.problems(model).contains("external-type"))
  }

  private func branches(_ then: Wire) throws -> [String] {
    let other = Onnx.graph(
      [Onnx.node("Exp", ["x"], ["b"])], inputs: [], outputs: [Onnx.value("b", 1, [4])])
    let node = Onnx.node(
      "If", ["c"], ["y"],
      attributes: [
        Onnx.attribute("then_branch", kind: 5) { $0.message(6, then) },
        Onnx.attribute("else_branch", kind: 5) { $0.message(6, other) },
      ])
    let graph = Onnx.graph(
      [node], inputs: [Onnx.value("c", 9, []), Onnx.value("x", 1, [4])],
      outputs: [Onnx.value("y", 1, [4])])
    return try folder.problems(Onnx.model(graph))
  }

  @Test func branchesThatYieldNothingOrTakeSomething() throws {
    let node = Onnx.node("Exp", ["x"], ["a"])
    #expect(
      try branches(Onnx.graph([node], inputs: [], outputs: [Onnx.value("no", 1, [4])]))
        .contains("subgraph-output"))
    #expect(
      try branches(
        Onnx.graph(
          [node], inputs: [Onnx.value("z", 1, ["unknown"])], outputs: [Onnx.value("a", 1, [4])])
      ).contains("subgraph-input"))
  }

  @Test func aScanWhoseBodyYieldsTooLittle() throws {
    let body = Onnx.graph(
      [Onnx.node("Exp", ["e"], ["a"])],
      inputs: [Onnx.value("s", 1, []), Onnx.value("e", 1, [])], outputs: [])
    let node = Onnx.node(
      "Scan", ["i", "x"], ["y"],
      attributes: [
        Onnx.int("num_scan_inputs", 1), Onnx.attribute("body", kind: 5) { $0.message(6, body) },
      ])
    let graph = Onnx.graph(
      [node], inputs: [Onnx.value("i", 1, []), Onnx.value("x", 1, [4])],
      outputs: [Onnx.value("y", 1, [])])
    #expect(try folder.problems(Onnx.model(graph)) == ["scan-body"])
  }
}
