/// A product of 8-bit integers as float32, with a bias (com.microsoft, opset 1).
package struct MatMulIntegerToFloat: Expansion {
  package static let schema = OperatorSchema(
    "MatMulIntegerToFloat", domain: "com.microsoft", through: 1,
    operands: [
      "A", "B", "a_scale", "b_scale", "a_zero_point?", "b_zero_point?", "bias?",
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// MatMulInteger, Mul and Add.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let sum = try builder.add(
      MatMulInteger(),
      [try builder.required(0), try builder.required(1), builder.operand(4), builder.operand(5)])[0]
    let scale = try builder.node(Mul(), try builder.required(2), try builder.required(3))
    let y = try builder.node(Mul(), try builder.cast(sum, .float32), scale)
    builder.setResult(
      0,
      try builder.operand(6).map { bias throws(DiagnosticMessage) in
        try builder.node(Add(), y, bias)
      } ?? y)
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
