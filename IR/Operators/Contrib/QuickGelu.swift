/// `x * sigmoid(alpha * x)` (com.microsoft, opset 1).
package struct QuickGelu: Expansion {
  package static let schema = OperatorSchema(
    "QuickGelu", domain: "com.microsoft", through: 1, operands: ["X"],
    attributes: ["alpha": .float(1.702)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Swish.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let swish = Swish(attributes: ["alpha": .float(settings.float("alpha"))])
    builder.setResult(0, try builder.node(swish, try builder.required(0)))
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
