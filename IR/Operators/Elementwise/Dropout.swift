/// The operand itself, as at inference; the mask is all true.
package struct Dropout: Operator {
  package static let schema = OperatorSchema(
    "Dropout", operands: ["data", "ratio?", "training_mode?"], results: ["output", "mask?"],
    attributes: ["seed": nil])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Drops what only training reads.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    for name in ["ratio", "is_test", "consumed_inputs"] { node.attributes[name] = nil }
  }

  /// Refuses training.
  ///
  /// - Throws: `dropout-training`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.type(0)
    if context.has(2), try context.integers(2, "the training mode") != [0],
      try context.numbers(1, "the ratio") != [0]
    {
      throw DiagnosticMessage(
        "dropout-training", "training_mode is true; export the model for inference")
    }
    return [data, TensorType(.bool, data.shape)]
  }

  /// The operand's memory, unless a mask is wanted.
  package func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    context.resultCount == 1 ? [operand] : nil
  }

  /// Copies, and fills the mask.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    if let y = builder.results.first.flatMap({ $0 }) { builder.copy(x, to: y) }
    guard builder.results.count > 1, let mask = builder.results[1] else { return }
    builder.fill(mask, with: .constant(1, .bool))
  }
  package var storesOnce: Bool { true }
}
