/// `alpha * A * B + C` of 8-bit integers, requantised or as float32 (com.microsoft, opset 1).
package struct QGemm: Expansion {
  package static let schema = OperatorSchema(
    "QGemm", domain: "com.microsoft", through: 1,
    operands: [
      "A", "a_scale", "a_zero_point", "B", "b_scale", "b_zero_point", "C?", "y_scale?",
      "y_zero_point?",
    ], attributes: ["alpha": .float(1), "transA": .int(0), "transB": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// QLinearMatMul where it says the same; else MatMulInteger, Add, and the scales.
  ///
  /// The addend is in steps of the product of both scales.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let sides = try [(0, "transA"), (3, "transB")].map { index, flag throws(DiagnosticMessage) in
      let value = try builder.required(index)
      return settings.flag(flag) ? try builder.transpose(value, [1, 0]) : value
    }
    if let operands = try integerProduct(sides, builder) {
      builder.setResult(0, try builder.add(QLinearMatMul(), operands)[0])
      return true
    }
    var sum = try builder.add(
      MatMulInteger(),
      [sides[0], sides[1], try builder.required(2), try builder.required(5)])[0]
    if let addend = builder.operand(6) { sum = try builder.node(Add(), sum, addend) }
    var scale = try builder.node(Mul(), try builder.required(1), try builder.required(4))
    let alpha = settings.float("alpha")
    if alpha != 1 {
      scale = try builder.node(Mul(), scale, builder.scalar(Double(alpha), .float32))
    }
    let wide = try builder.cast(sum, .float32)
    guard let step = builder.operand(7) else {
      builder.setResult(0, try builder.node(Mul(), wide, scale))
      return true
    }
    let factor = try builder.node(Div(), scale, step)
    let scaled = try builder.node(Mul(), wide, factor)
    let one = builder.scalar(1, .float32)
    builder.setResult(0, try builder.node(QuantizeLinear(), scaled, one, builder.operand(8)))
    return true
  }

  /// The operands of the QLinearMatMul that says the same.
  private func integerProduct(
    _ sides: [ValueID], _ builder: DecompositionBuilder
  ) throws(DiagnosticMessage) -> [ValueID?]? {
    guard settings.float("alpha") == 1, let step = builder.operand(7),
      let zero = builder.operand(8)
    else { return nil }
    let addend = builder.operand(6)
    if let addend {
      let (type, matrix) = (builder.type(addend), builder.type(sides[1]))
      guard type.element == .int32, type.shape == Array(matrix.shape.suffix(1)) else { return nil }
    }
    let left = [sides[0], try builder.required(1), try builder.required(2)]
    let right = [sides[1], try builder.required(4), try builder.required(5)]
    return left + right + [step, zero] + (addend.map { [$0] } ?? [])
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
