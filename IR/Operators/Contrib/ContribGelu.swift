/// `Gelu` before ONNX had it (com.microsoft, opset 1).
package struct ContribGelu: Expansion {
  package static let schema = OperatorSchema(
    "Gelu", domain: "com.microsoft", through: 1, operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Gelu.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    builder.setResult(0, try builder.node(Gelu(), try builder.required(0)))
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
