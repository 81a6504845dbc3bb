import CoppiceTestSupport
import Foundation
import Testing

/// Derivatives that a model asks for, beside those of a formula.
@Suite struct GradientTests {
  private static let w: [Float] = [0.5, -0.25, 1]

  /// `y = sum(tanh(x * x * w) + x / (1 + x * x))`, with `w` repeated for both rows, and its derivatives by x and w.
  private func model(_ last: Wire) -> [UInt8] {
    let one = Onnx.tensor("one", 1, [], raw: floats([1]))
    let gradient = Onnx.node(
      "Gradient", ["x", "w"], ["dx", "dw"], domain: "ai.onnx.preview.training",
      attributes: [
        Onnx.strings("xs", ["x", "w"]), Onnx.attribute("y", kind: 3) { $0.text(4, "y") },
      ])
    return Onnx.model(
      Onnx.graph(
        [
          gradient, Onnx.node("Mul", ["x", "x"], ["a"]), Onnx.node("Mul", ["a", "w"], ["b"]),
          Onnx.node("Tanh", ["b"], ["c"]), Onnx.node("Add", ["a", "one"], ["d"]),
          Onnx.node("Div", ["x", "d"], ["e"]), Onnx.node("Add", ["c", "e"], ["f"]), last,
        ],
        inputs: [Onnx.value("x", 1, [2, 3]), Onnx.value("w", 1, [3])],
        outputs: [Onnx.value("dx", 1, [2, 3]), Onnx.value("dw", 1, [3])], initializers: [one]),
      domains: ["ai.onnx.preview.training"])
  }

  @Test(arguments: [[], ["--interpret"]])
  func derivativesAreThoseOfTheFormula(_ options: [String]) throws {
    let x: [Float] = [0.5, -1, 0.75, 1.5, 0.25, -0.125]
    let folder = try TemporaryFolder()
    try folder.write(model(Onnx.node("ReduceSum", ["f"], ["y"])))
    try folder.write(Onnx.tensor("x", 1, [2, 3], raw: floats(x)).bytes, "in/input_0.pb")
    try folder.write(Onnx.tensor("w", 1, [3], raw: floats(Self.w)).bytes, "in/input_1.pb")
    let outcome = try Program.coppice(
      ["run", "model.onnx", "--inputs", "in", "--outputs", "out", "--format", "npy"] + options,
      in: folder.path)
    #expect(outcome.status == 0, "\(outcome.errors)")
    var (dx, dw) = ([Double](), [0.0, 0, 0])
    for (index, x) in x.map(Double.init).enumerated() {
      let w = Double(Self.w[index % 3])
      let slope = 1 - pow(tanh(x * x * w), 2)
      dx.append(slope * 2 * x * w + (1 - x * x) / pow(1 + x * x, 2))
      dw[index % 3] += slope * x * x
    }
    for (index, expected) in [dx, dw].enumerated() {
      let got = try floatsOfNumpy(try folder.bytes("out/output_\(index).npy"))
      #expect(got.count == expected.count)
      #expect(zip(got, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 }, "\(got) \(expected)")
    }
  }

  @Test func anOperatorWithoutADerivativeIsNamed() throws {
    let folder = try TemporaryFolder()
    try folder.write(model(Onnx.node("Softmax", ["f"], ["y"])))
    let outcome = try Program.coppice(["compile", "model.onnx", "-o", "out"], in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("error[gradient-operator]"))
    #expect(outcome.errors.contains("Softmax"))
  }

  @Test func operandsThatAreNotTheNamedValuesAreRefused() throws {
    let gradient = Onnx.node(
      "Gradient", ["w"], ["dx"], domain: "ai.onnx.preview.training",
      attributes: [Onnx.strings("xs", ["x"]), Onnx.attribute("y", kind: 3) { $0.text(4, "y") }])
    let folder = try TemporaryFolder()
    try folder.write(
      Onnx.model(
        Onnx.graph(
          [Onnx.node("Mul", ["x", "x"], ["y"]), gradient],
          inputs: [Onnx.value("x", 1, [3]), Onnx.value("w", 1, [3])],
          outputs: [Onnx.value("dx", 1, [3])]), domains: ["ai.onnx.preview.training"]))
    let outcome = try Program.coppice(["compile", "model.onnx", "-o", "out"], in: folder.path)
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("error[gradient-names]"))
  }
}

/// The floats of a file of numpy.
func floatsOfNumpy(_ bytes: [UInt8]) throws -> [Float] {
  let header = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
  return bytes[header...].withUnsafeBytes { raw in
    (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
  }
}
