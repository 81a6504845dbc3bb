import CoppiceIR
import CoppiceONNX
import CoppiceTestSupport
import Foundation
import Testing

@Suite struct TensorEncodingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func read(_ tensor: Wire) throws -> Constant {
    try TensorFile.read(folder.write(tensor.bytes, "tensor.pb"))
  }

  private func bytes(_ constant: Constant) -> [UInt8] { constant.dense.array(of: UInt8.self) }

  @Test func rawDataIsTakenAsItIs() throws {
    let constant = try read(Onnx.tensor("t", 1, [2], raw: floats([1.5, -2])))
    #expect(constant.type == TensorType(.float32, [2]))
    #expect(constant.numbers == [1.5, -2])
  }

  @Test func aLargePayloadIsTheSame() throws {
    let values = (0..<1000).map { Float($0) * 0.5 }
    #expect(
      try read(Onnx.tensor("t", 1, [10, 100], raw: floats(values))).numbers.map(Float.init)
        == values)
    let typed = Onnx.tensor("t", 1, [1000]) { $0.data(4, floats(values)) }
    #expect(try read(typed).numbers.map(Float.init) == values)
    let whole = (0..<1000).map { $0 * 1_000_003 - 500_000 }
    let varints = Onnx.tensor("t", 7, [1000]) { $0.packed(7, whole) }
    #expect(try read(varints).integers == whole)
  }

  @Test(
    arguments: [
      (6, [-1, 2], littleEndian(Int32(-1)) + littleEndian(Int32(2))),
      (3, [-1, 2], [255, 2]), (2, [200, 2], [200, 2]), (9, [1, 0], [1, 0]),
      (5, [-1, 2], [255, 255, 2, 0]), (4, [65535, 2], [255, 255, 2, 0]),
      (10, [0x3c00, 0x4000], [0, 0x3c, 0, 0x40]), (16, [0x3f80, 0], [0x80, 0x3f, 0, 0]),
      (17, [0x38, 0x40], [0x38, 0x40]), (20, [0x38, 0x40], [0x38, 0x40]),
    ] as [(Int, [Int], [UInt8])])
  func int32DataHoldsTheNarrowTypes(_ type: Int, _ values: [Int], _ expected: [UInt8]) throws {
    let tensor = Onnx.tensor("t", type, [2]) { $0.packed(5, values) }
    #expect(try bytes(read(tensor)) == expected)
  }

  @Test func fourBitElementsArePackedLowFirst() throws {
    let tensor = Onnx.tensor("t", 21, [3]) { $0.packed(5, [0x21, 0x03]) }
    #expect(try read(tensor).integers == [1, 2, 3])
    #expect(try read(Onnx.tensor("t", 22, [2], raw: [0x2f])).integers == [-1, 2])
  }

  @Test func otherTypedFieldsAreRead() throws {
    let doubles = [1.25, -3].flatMap { littleEndian($0.bitPattern) }
    #expect(try read(Onnx.tensor("t", 11, [2]) { $0.data(10, doubles) }).numbers == [1.25, -3])
    #expect(try read(Onnx.tensor("t", 7, [2]) { $0.packed(7, [-5, 6]) }).integers == [-5, 6])
    #expect(try read(Onnx.tensor("t", 12, [2]) { $0.packed(11, [5, 6]) }).integers == [5, 6])
    #expect(try read(Onnx.tensor("t", 13, [2]) { $0.packed(11, [5, 6]) }).integers == [5, 6])
    let complex = Onnx.tensor("t", 14, [1]) { $0.data(4, floats([1, 2])) }
    #expect(try bytes(read(complex)) == floats([1, 2]))
    let unpacked = Onnx.tensor("t", 1, [2]) {
      $0.float(4, 3); $0.float(4, 4)
    }
    #expect(try read(unpacked).numbers == [3, 4])
  }

  @Test func whatIsWrittenIsRead() throws {
    let constant = Constant((0..<600).map { Float($0) }, .float32, [20, 30])
    try TensorFile.write(constant, name: "out", to: folder.path + "/out.pb")
    #expect(try TensorFile.read(folder.path + "/out.pb") == constant)
  }

  @Test func externalDataIsReadAtItsOffset() throws {
    try folder.write([9, 9, 9, 9] + floats([1, 2, 3]), "weights.bin")
    let tensor = Onnx.external(
      "w", [1, 2], [("location", "weights.bin"), ("offset", "8"), ("length", "8")])
    #expect(try read(tensor).numbers == [2, 3])
  }

  @Test func aSparseInitializerIsSpreadOut() throws {
    let values = Onnx.tensor("w", 1, [2], raw: floats([5, 7]))
    let flat = Onnx.tensor("", 7, [2]) { $0.packed(7, [1, 5]) }
    let pairs = Onnx.tensor("", 7, [2, 2]) { $0.packed(7, [0, 1, 1, 2]) }
    for indices in [flat, pairs] {
      let sparse = Wire { wire in
        wire.message(1, values)
        wire.message(2, indices)
        for dim in [2, 3] { wire.int(3, dim) }
      }
      let graph = Onnx.graph(
        [Onnx.node("Add", ["x", "w"], ["y"])], inputs: [Onnx.value("x", 1, [2, 3])],
        outputs: [Onnx.value("y", 1, [2, 3])]
      ) { $0.message(15, sparse) }
      let model = try folder.load(Onnx.model(graph))
      let value = try #require(model.graph.constantValues.first)
      #expect(model.graph.constant(value)?.numbers == [0, 5, 0, 0, 0, 7])
    }
  }
}
