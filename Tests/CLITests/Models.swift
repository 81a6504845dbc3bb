import CoppiceTestSupport

/// Models that the tests of the command line use.
enum Models {
  static let digits = Program.root + "/examples/digits"
  static let digitsModel = digits + "/digits.onnx"

  static let relu = Onnx.oneNode(Onnx.node("Relu", ["x"], ["y"]))

  /// `y = x` times a diagonal weight of ones, of f32[1,4].
  static let weighted: [UInt8] = {
    let ones = (0..<16).map { Float($0 % 5 == 0 ? 1 : 0) }
    return Onnx.oneNode(
      Onnx.node("MatMul", ["x", "w"], ["y"]),
      initializers: [Onnx.tensor("w", 1, [4, 4], raw: floats(ones))])
  }()

  /// `y = a + b` and `c = a`, of f32[2,3] and f32[2,3].
  static let twoInputs = Onnx.model(
    Onnx.graph(
      [Onnx.node("Sub", ["a", "b"], ["y"]), Onnx.node("Less", ["a", "b"], ["less"])],
      inputs: [Onnx.value("a", 1, [2, 3]), Onnx.value("b", 1, [2, 3])],
      outputs: [Onnx.value("y", 1, [2, 3]), Onnx.value("less", 9, [2, 3])]))

  /// A dynamic batch, and another dynamic dimension if it has a name.
  static func dynamic(_ other: Dim = 4) -> [UInt8] {
    Onnx.oneNode(
      Onnx.node("Relu", ["x"], ["y"]), input: Onnx.value("x", 1, ["batch", other]),
      output: Onnx.value("y", 1, ["batch", other]))
  }

  /// A product with a weight, then two operators that nobody knows.
  static let unsupported: [UInt8] = {
    let weight = Onnx.tensor("w", 1, [4, 2], raw: floats([1, 0, 0, 2, 3, 0, 4, 5]))
    return Onnx.model(
      Onnx.graph(
        [
          Onnx.node("MatMul", ["x", "w"], ["h"], name: "product"),
          Onnx.node("Nope", ["h"], ["i"], name: "first"),
          Onnx.node("Nada", ["i"], ["y"], name: "second"),
        ], inputs: [Onnx.value("x", 1, [1, 4])], outputs: [Onnx.value("y", 1, [1, 2])],
        initializers: [weight]))
  }()

  /// Names of values that would command a terminal or break JSON.
  static let oddNames = Onnx.model(
    Onnx.graph(
      [Onnx.node("Relu", ["\u{1B}[31mred\"\\"], ["\u{7}\u{9B}\u{1F600}\u{2028}"])],
      inputs: [Onnx.value("\u{1B}[31mred\"\\", 1, [1, 4])],
      outputs: [Onnx.value("\u{7}\u{9B}\u{1F600}\u{2028}", 1, [1, 4])]))
}
