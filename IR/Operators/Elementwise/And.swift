/// Whether both of two bools hold, broadcast.
package struct And: BitOperator {
  package static let schema = OperatorSchema(
    "And", operands: ["A", "B"], results: ["C"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let operation = BinaryOp.and

  /// Bools only.
  ///
  /// - Throws: `element-type`, `element-mismatch`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.logical()
  }
}
