/// `QuantizeLinear` as onnxruntime's quantiser writes it for 16 bits (com.microsoft, opset 1).
package struct ContribQuantizeLinear: Expansion {
  package static let schema = OperatorSchema(
    "QuantizeLinear", domain: "com.microsoft", through: 1,
    operands: ["x", "y_scale", "y_zero_point?"],
    results: ["y"], attributes: ["axis": .int(1), "block_size": .int(0), "saturate": .int(1)],
    allowed: ["block_size": .natural])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// QuantizeLinear.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let y = try builder.add(QuantizeLinear(attributes: attributes), builder.operands)[0]
    builder.setResult(0, y)
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
