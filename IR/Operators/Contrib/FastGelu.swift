/// `Gelu(X + bias)` by its approximation with `tanh` (com.microsoft, opset 1).
package struct FastGelu: Expansion {
  package static let schema = OperatorSchema(
    "FastGelu", domain: "com.microsoft", through: 1, operands: ["X", "bias?"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Add where there is a bias, and Gelu.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    var x = try builder.required(0)
    if let bias = builder.operand(1) { x = try builder.node(Add(), x, bias) }
    builder.setResult(
      0, try builder.node(Gelu(attributes: ["approximate": .string("tanh")]), x))
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
