/// A product with 8-bit weights whose other side is quantised by its own range (com.microsoft, opset 1).
package struct DynamicQuantizeMatMul: Expansion {
  package static let schema = OperatorSchema(
    "DynamicQuantizeMatMul", domain: "com.microsoft", through: 1,
    operands: ["A", "B", "b_scale", "b_zero_point?", "bias?"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// DynamicQuantizeLinear, MatMulInteger, Mul and Add.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let a = try builder.add(DynamicQuantizeLinear(), [try builder.required(0)], results: 3)
    let sum = try builder.add(
      MatMulInteger(), [a[0], try builder.required(1), a[2], builder.operand(3)])[0]
    let scale = try builder.node(Mul(), a[1], try builder.required(2))
    let y = try builder.node(Mul(), try builder.cast(sum, .float32), scale)
    builder.setResult(
      0,
      try builder.operand(4).map { bias throws(DiagnosticMessage) in
        try builder.node(Add(), y, bias)
      } ?? y)
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
