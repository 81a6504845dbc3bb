/// Whether exactly one of two bools holds, broadcast.
package struct Xor: BitOperator {
  package static let schema = OperatorSchema(
    "Xor", operands: ["A", "B"], results: ["C"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let operation = BinaryOp.xor

  /// Bools only.
  ///
  /// - Throws: `element-type`, `element-mismatch`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.logical()
  }
}
