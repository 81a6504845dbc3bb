/// `RMSNormalization` of a sum with a skipped connection and a bias (com.microsoft, opset 1).
package struct SkipSimplifiedLayerNormalization: Expansion {
  package static let schema = OperatorSchema(
    "SkipSimplifiedLayerNormalization", domain: "com.microsoft", through: 1,
    operands: ["input", "skip", "gamma", "bias?"],
    results: ["output", "mean?", "inv_std_var?", "input_skip_bias_sum?"],
    attributes: ["epsilon": .float(1e-12)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Add and RMSNormalization; the statistics are not stored, as onnxruntime does not on processors.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let sum = try builder.skipSum(bias: 3)
    let norm = RMSNormalization(
      attributes: ["epsilon": .float(settings.float("epsilon"))])
    let y = try builder.node(norm, sum, try builder.required(2))
    builder.setResult(0, y)
    builder.setResult(3, sum)
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
