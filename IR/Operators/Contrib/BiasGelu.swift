/// `Gelu(A + B)` (com.microsoft, opset 1).
package struct BiasGelu: Expansion {
  package static let schema = OperatorSchema(
    "BiasGelu", domain: "com.microsoft", through: 1, operands: ["A", "B"], results: ["C"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Add and Gelu.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let sum = try builder.node(Add(), try builder.required(0), try builder.required(1))
    builder.setResult(0, try builder.node(Gelu(), sum))
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
