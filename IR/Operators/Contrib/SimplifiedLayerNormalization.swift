/// `RMSNormalization` as onnxruntime's optimiser writes it into models of any opset.
package struct SimplifiedLayerNormalization: Expansion {
  package static let schema = OperatorSchema(
    "SimplifiedLayerNormalization", operands: ["X", "scale"],
    results: ["Y", "inv_std_var?"],
    attributes: ["axis": .int(-1), "epsilon": .float(1e-5), "stash_type": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// RMSNormalization.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let y = try builder.node(
      RMSNormalization(attributes: attributes), try builder.required(0), try builder.required(1))
    builder.setResult(0, y)
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
