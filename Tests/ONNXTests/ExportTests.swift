@_spi(RawEditing) import CoppiceIR
import CoppiceONNX
import CoppiceTestSupport
import Foundation
import Testing

@Suite struct ExportTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let x = Onnx.value("x", 1, ["batch", 4])
  private static let y = Onnx.value("y", 1, ["batch", 3])

  private func product(
    _ weight: Wire, opset: Int = 17, ir: Int = 8, also: (inout Wire) -> Void = { _ in }
  ) -> [UInt8] {
    let inputs = ir < 4 ? [Self.x, Onnx.value("w", 1, [4, 3])] : [Self.x]
    let graph = Onnx.graph(
      [Onnx.node("MatMul", ["x", "w"], ["y"], name: "product")], inputs: inputs,
      outputs: [Self.y], initializers: [weight])
    return Onnx.model(graph, opset: opset, ir: ir, also: also)
  }

  private let weight = Onnx.tensor("w", 1, [4, 3], raw: floats((0..<12).map { Float($0) }))

  private func export(
    _ bytes: [UInt8], _ edit: (inout Graph) throws -> Void = { _ in }
  ) throws -> ImportedModel {
    let model = try folder.load(bytes)
    var graph = model.graph
    try edit(&graph)
    try ONNXExporter.write(graph, of: model, to: folder.path + "/out.onnx")
    return try ONNXImporter.load(folder.path + "/out.onnx")
  }

  private func written(_ name: String = "out.onnx") throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: folder.path + "/" + name)))
  }

  private func constants(_ model: ImportedModel) -> [String: [Double]] {
    var constants: [String: [Double]] = [:]
    for value in model.graph.constantValues {
      constants[model.graph[value].name] = model.graph.constant(value)?.numbers
    }
    return constants
  }

  @Test func metadataAndUnknownFieldsAreKept() throws {
    let unknown = Wire { $0.text(999, "a later version wrote this") }.bytes
    let bytes = product(weight) { wire in
      wire.text(2, "the producer")
      wire.message(
        14,
        Wire {
          $0.text(1, "key"); $0.text(2, "kept")
        })
      wire.bytes += unknown
    }
    _ = try export(bytes)
    let text = String(decoding: try written(), as: UTF8.self)
    for part in ["the producer", "kept", "a later version wrote this", "batch"] {
      #expect(text.contains(part))
    }
  }

  @Test func aChangedWeightIsWritten() throws {
    let model = try export(product(weight)) { graph in
      let value = try #require(graph.constantValues.first)
      graph.setConstant(
        value, Constant([Float](repeating: 2, count: 12), .float32, [4, 3]), by: "test")
    }
    #expect(constants(model) == ["w": Array(repeating: 2, count: 12)])
  }

  @Test func aSparseConstantIsWrittenDense() throws {
    let model = try export(product(weight)) { graph in
      let value = try #require(graph.constantValues.first)
      let constant = try #require(graph.constant(value))
      graph.setConstant(value, constant.asBitmap(), by: "test")
    }
    #expect(constants(model) == ["w": (0..<12).map(Double.init)])
  }

  @Test func aSmallerWeightChangesItsDeclarationToo() throws {
    let model = try export(product(weight, opset: 7, ir: 3)) { graph in
      let value = try #require(graph.constantValues.first)
      graph.setConstant(
        value, Constant([Float](repeating: 1, count: 8), .float32, [4, 2]), by: "test")
    }
    #expect(model.graph[model.graph.outputs[0]].type.shape == [1, 2])
  }

  @Test func largeAndExternalWeightsSurvive() throws {
    let values = (0..<4096).map { Float($0) }
    let input = Onnx.value("x", 1, [1, 64])
    let node = Onnx.node("MatMul", ["x", "w"], ["y"])
    let output = Onnx.value("y", 1, [1, 64])
    try folder.write([0, 0, 0, 0] + floats(values), "weights.bin")
    let external = Onnx.external("w", [64, 64], [("location", "weights.bin"), ("offset", "4")])
    let inline = Onnx.tensor("w", 1, [64, 64], raw: floats(values))
    for weight in [inline, external] {
      let model = try export(
        Onnx.oneNode(node, initializers: [weight], input: input, output: output))
      #expect(constants(model) == ["w": values.map(Double.init)])
    }
    #expect(try written("out.onnx.data") == floats(values))
  }

  @Test func anAttributeThatBecameAnOperandIsWrittenAsAnAttribute() throws {
    let attributes = [
      Onnx.attribute("min", kind: 1) { $0.float(2, -1) },
      Onnx.attribute("max", kind: 1) { $0.float(2, 6) },
    ]
    let bytes = Onnx.oneNode(Onnx.node("Clip", ["x"], ["y"], attributes: attributes), opset: 6)
    let model = try export(bytes) { graph in
      let limit = try #require(graph[graph.nodes[0]].operand(2))
      graph.setConstant(limit, Constant([Float(3)], .float32, []), by: "test")
    }
    #expect(model.graph.opset == 6)
    let node = model.graph[model.graph.nodes[0]]
    #expect(node.operands.map { model.graph.constant($0)?.numbers } == [nil, [-1], [3]])
  }

  @Test func aRemovedIdentityLeavesTheOutputItsName() throws {
    let graph = Onnx.graph(
      [Onnx.node("Relu", ["x"], ["r"]), Onnx.node("Identity", ["r"], ["y"])],
      inputs: [Self.x], outputs: [Onnx.value("y", 1, ["batch", 4])])
    let model = try export(Onnx.model(graph)) { graph in
      let identity = graph.nodes[1]
      let (from, to) = (graph[identity].operand(0), graph[identity].result)
      graph.replaceUses(of: try #require(to), with: try #require(from), by: "test")
      graph.removeNode(identity)
    }
    #expect(model.graph.nodes.map { model.graph[$0].op.name } == ["Relu"])
    #expect(model.graph[model.graph.outputs[0]].name == "y")
  }

  @Test func shapeArithmeticIsKeptForOtherBatches() throws {
    let rest = Onnx.tensor("rest", 7, [1], raw: littleEndian(Int64(-1)))
    let zero = Onnx.tensor("zero", 7, [1], raw: littleEndian(Int64(0)))
    let graph = Onnx.graph(
      [
        Onnx.node("Shape", ["x"], ["s"]), Onnx.node("Gather", ["s", "zero"], ["b"]),
        Onnx.node("Concat", ["b", "rest"], ["t"], attributes: [Onnx.int("axis", 0)]),
        Onnx.node("Reshape", ["x", "t"], ["y"]),
      ], inputs: [Onnx.value("x", 1, ["batch", 2, 3])], outputs: [Onnx.value("y", 1, nil)],
      initializers: [rest, zero])
    _ = try export(Onnx.model(graph))
    let again = try ONNXImporter.load(
      folder.path + "/out.onnx", options: ImportOptions(dimensions: ["batch": 5]))
    #expect(again.graph[again.graph.outputs[0]].type.shape == [5, 6])
  }
}
