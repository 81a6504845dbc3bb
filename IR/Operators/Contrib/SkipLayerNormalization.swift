/// `LayerNormalization` of a sum with a skipped connection and a bias (com.microsoft, opset 1).
package struct SkipLayerNormalization: Expansion {
  package static let schema = OperatorSchema(
    "SkipLayerNormalization", domain: "com.microsoft", through: 1,
    operands: ["input", "skip", "gamma", "beta?", "bias?"],
    results: ["output", "mean?", "inv_std_var?", "input_skip_bias_sum?"],
    attributes: ["epsilon": .float(1e-12)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Add and LayerNormalization.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let sum = try builder.skipSum(bias: 4)
    let norm = LayerNormalization(
      attributes: ["epsilon": .float(settings.float("epsilon"))])
    let count = builder.wants(1) || builder.wants(2) ? 3 : 1
    let results = try builder.add(
      norm, [sum, try builder.required(2), builder.operand(3)], results: count)
    for (index, value) in results.enumerated() { builder.setResult(index, value) }
    for index in results.count..<3 { builder.setResult(index, results[0]) }
    builder.setResult(3, sum)
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
