import CoppiceTestSupport
import Testing

/// What users hold of a quantized model.
@Suite struct QuantizedModelTests {
  /// `y = quantized(activation(dequantized x * w + b))`.
  static func model(
    _ activation: String = "Relu", rank: Int = 2, scales: [Float] = [0.25]
  ) -> [UInt8] {
    let lead = [Dim](repeating: 1, count: rank - 1)
    return Onnx.model(
      Onnx.graph(
        [
          Onnx.node("DequantizeLinear", ["x", "xs", "xz"], ["xf"], name: "open"),
          Onnx.node("DequantizeLinear", ["w", "ws"], ["wf"], name: "weight"),
          Onnx.node("MatMul", ["xf", "wf"], ["p"], name: "product"),
          Onnx.node("Add", ["p", "b"], ["a"], name: "bias"),
          Onnx.node(activation, ["a"], ["r"], name: "activation"),
          Onnx.node("QuantizeLinear", ["r", "ys", "xz"], ["y"], name: "close"),
        ], inputs: [Onnx.value("x", 3, lead + [4])], outputs: [Onnx.value("y", 3, lead + [2])],
        initializers: [
          Onnx.tensor("xs", 1, [], raw: floats([0.5])), Onnx.tensor("xz", 3, [], raw: [252]),
          Onnx.tensor("w", 3, [4, 2], raw: [1, 254, 3, 4, 5, 6, 7, 248]),
          Onnx.tensor("ws", 1, scales.count > 1 ? [scales.count] : [], raw: floats(scales)),
          Onnx.tensor("b", 1, [2], raw: floats([0.5, -1])),
          Onnx.tensor("ys", 1, [], raw: floats([0.375])),
        ]))
  }

  /// A convolution of 8 channels with windows of 3 x 3.
  static let window: [UInt8] = {
    let grid = { (name: String) in ["\(name)s", "\(name)z"] }
    return Onnx.model(
      Onnx.graph(
        [Onnx.node("QLinearConv", ["x"] + grid("x") + ["w"] + grid("w") + grid("x"), ["y"])],
        inputs: [Onnx.value("x", 3, [1, 8, 16, 16])],
        outputs: [Onnx.value("y", 3, [1, 8, 14, 14])],
        initializers: [
          Onnx.tensor("xs", 1, [], raw: floats([0.5])), Onnx.tensor("xz", 3, [], raw: [252]),
          Onnx.tensor("ws", 1, [], raw: floats([0.01])), Onnx.tensor("wz", 3, [], raw: [0]),
          Onnx.tensor("w", 3, [8, 8, 3, 3], raw: (0..<576).map { UInt8($0 * 37 % 256) }),
        ]))
  }()

  private func run(_ words: [String], _ model: [UInt8] = model()) throws -> (
    outcome: Outcome, folder: TemporaryFolder
  ) {
    let folder = try TemporaryFolder()
    try folder.write(model)
    return (try Program.coppice(words + ["--json"], in: folder.path), folder)
  }

  @Test func manifestAndHeaderSayWhatIntegersStandFor() throws {
    let (outcome, folder) = try run(["compile", "model.onnx", "-o", "out", "--name", "m"])
    #expect(outcome.status == 0 && !outcome.ids.contains("quantized-float"))
    let manifest = try folder.text("out/m.json").filter { !$0.isWhitespace }
    #expect(manifest.contains("\"arithmetic\":\"int8\""))
    #expect(manifest.contains("\"float_steps\":[]"))
    #expect(manifest.contains("\"quantization\":{\"scale\":0.5,\"zero_point\":-4}"))
    #expect(manifest.contains("\"form\":\"fast\""))
    #expect(manifest.contains("\"differing_accumulators\":"))
    let header = try folder.text("out/m.h")
    for line in [
      "#define M_IN0_SCALE 0.5f", "#define M_IN0_ZERO_POINT (-4)", "#define M_OUT0_SCALE 0.375f",
      "static inline int8_t m_quantize_in0(float real)",
      "static inline float m_dequantize_out0(int8_t q)",
    ] { #expect(header.contains(line), "\(line)") }
    #expect(try !folder.text("out/m.c").contains("math.h"))
    #expect(try !folder.text("out/m.c").contains("float"))
  }

  @Test func helpersRoundAsQuantizeLinearDoes() throws {
    let (_, folder) = try run(["compile", "model.onnx", "-o", "out", "--name", "m"])
    try folder.write(
      """
      #include "out/m.h"
      int main(void)
      {
          return m_quantize_in0(0.25f) != -4 || m_quantize_in0(0.75f) != -2
              || m_quantize_in0(1e9f) != 127 || m_quantize_in0(-1e9f) != -128
              || m_dequantize_out0(0) != 1.5f;
      }
      """, "main.c")
    let built = try Program.shell(
      "gcc -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Werror main.c -o main && ./main",
      in: folder.path)
    #expect(built.status == 0, "\(built.errors)")
  }

  @Test func requantizeIsForFolding() throws {
    let onnx = try run([
      "compile", "model.onnx", "-o", "out", "--name", "m", "--requantize", "onnx",
    ])
    #expect(
      try onnx.folder.text("out/m.json").filter { !$0.isWhitespace }.contains("\"form\":\"onnx\""))
    let (outcome, _) = try run([
      "compile", "model.onnx", "-o", "out", "--requantize", "fast", "--passes", "@cleanup",
    ])
    #expect(outcome.status == 2 && outcome.ids.contains("requantize-unused"))
  }

  @Test func whatStaysInFloatIsSaid() throws {
    let (outcome, folder) = try run(
      ["compile", "model.onnx", "-o", "out", "--name", "m"], Self.model("Sigmoid"))
    #expect(outcome.ids.contains("quantized-float"))
    #expect(outcome.errors.contains("weights of 8 bytes take 32 as floats"))
    let manifest = try folder.text("out/m.json").filter { !$0.isWhitespace }
    #expect(manifest.contains("\"arithmetic\":\"float\""))
    #expect(manifest.contains("thereisnointegerformofSigmoid"))
  }

  /// QGemm asks for as many zero points as there are scales.
  @Test func eachScaleOfAWrittenProductHasItsZeroPoint() throws {
    let words = ["prune", "model.onnx", "-o", "out.onnx", "--passes", "fold-quantization"]
    let (outcome, folder) = try run(words, Self.model(scales: [0.25, 0.5]))
    #expect(outcome.status == 0)
    let text = String(decoding: try folder.bytes("out.onnx"), as: UTF8.self)
    #expect(text.contains("QGemm") && text.contains("y/zero_points"))
  }

  @Test func foldedModelsAreWritten() throws {
    let words = ["prune", "model.onnx", "-o", "out.onnx", "--passes", "fold-quantization"]
    let (outcome, folder) = try run(words)
    #expect(outcome.status == 0)
    let text = String(decoding: try folder.bytes("out.onnx"), as: UTF8.self)
    #expect(
      text.contains("QGemm") && text.contains("com.microsoft") && !text.contains("requantize"))
    let again = try Program.coppice(
      ["compile", "out.onnx", "-o", "out", "--name", "m"], in: folder.path)
    #expect(again.status == 0, "\(again.errors)")
    let manifest = try folder.text("out/m.json").filter { !$0.isWhitespace }
    #expect(manifest.contains("\"arithmetic\":\"int8\"") && manifest.contains("QLinearMatMul"))
    let refused = try run(words, Self.model(rank: 3)).outcome
    #expect(refused.ids.contains("export-quantized"))
  }
}
