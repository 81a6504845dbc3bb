import CoppiceTestSupport
import Testing

/// Every verb means the same by a weight.
@Suite struct WeightListTests {
  /// `y = x * transpose(w)` with 32 weights, `w` float or dequantized from int8 by a scale that is
  /// known or an input.
  static func model(quantized: Bool = false, known: Bool = true) -> [UInt8] {
    let numbers = (1...32).map { Float($0) / 32 }
    let weight =
      quantized
      ? Onnx.tensor("w", 3, [8, 4], raw: (1...32).map { UInt8($0) })
      : Onnx.tensor("w", 1, [8, 4], raw: floats(numbers))
    let dequantize = Onnx.node("DequantizeLinear", ["w", "s"], ["f"], name: "dq")
    return Onnx.model(
      Onnx.graph(
        (quantized ? [dequantize] : []) + [
          Onnx.node("Transpose", [quantized ? "f" : "w"], ["t"], name: "turn"),
          Onnx.node("MatMul", ["x", "t"], ["y"], name: "product"),
        ], inputs: [Onnx.value("x", 1, [1, 4])] + (known ? [] : [Onnx.value("s", 1, [])]),
        outputs: [Onnx.value("y", 1, [1, 8])],
        initializers: [weight]
          + (quantized && known ? [Onnx.tensor("s", 1, [], raw: floats([1]))] : [])))
  }

  @Test func aWeightBehindATransposeIsListedPrunedAndMasked() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.model())
    let inspected = try Program.coppice(["inspect", "model.onnx", "--json"], in: folder.path)
    let listed = inspected.object["weights"] as? [[String: Any]]
    #expect(listed?.map { $0["name"] as? String } == ["w"])
    let pruned = try Program.coppice(
      [
        "prune", "model.onnx", "-o", "out.onnx", "--json", "--masks", "masks.safetensors",
        "--passes", "prune-magnitude{sparsity=0.5}",
      ], in: folder.path)
    let left = pruned.object["weights"] as? [[String: Any]]
    #expect(left?.map { $0["nonzeros"] as? Int } == [16])
    #expect(try folder.bytes("masks.safetensors").suffix(32).reduce(0) { $0 + Int($1) } == 16)
  }

  @Test func aWeightBehindDequantizeLinearIsListed() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.model(quantized: true))
    let inspected = try Program.coppice(["inspect", "model.onnx", "--json"], in: folder.path)
    let listed = inspected.object["weights"] as? [[String: Any]]
    #expect(listed?.map { $0["type"] as? String } == ["int8"])
    #expect(listed?.map { $0["nonzeros"] as? Int } == [32])
  }

  @Test func aWeightBehindDequantizeLinearIsPrunedAndMasked() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.model(quantized: true))
    let pruned = try Program.coppice(
      [
        "prune", "model.onnx", "-o", "out.onnx", "--json", "--masks", "masks.safetensors",
        "--passes", "prune-magnitude{sparsity=0.5}",
      ], in: folder.path)
    let left = pruned.object["weights"] as? [[String: Any]]
    #expect(left?.map { $0["nonzeros"] as? Int } == [16])
    #expect(left?.map { $0["type"] as? String } == ["int8"])
    let mask = try folder.bytes("masks.safetensors").suffix(32)
    #expect(Array(mask) == (0..<32).map { $0 < 16 ? 0 : 1 })
  }

  @Test func macsOfAWeightBehindATransposeCountItsZeros() throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.model())
    let compiled = try Program.coppice(
      [
        "compile", "model.onnx", "-o", "out", "--json", "--passes",
        "prune-magnitude{sparsity=0.5}",
      ], in: folder.path)
    #expect(compiled.object["macs"] as? Int == 32)
    #expect(compiled.object["macs_nonzero"] as? Int == 16)
  }
}
