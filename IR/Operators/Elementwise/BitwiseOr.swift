/// The bits that one of two integers has, broadcast.
package struct BitwiseOr: BitOperator {
  package static let schema = OperatorSchema(
    "BitwiseOr", since: 18, operands: ["A", "B"], results: ["C"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let operation = BinaryOp.or

  /// Integers only.
  ///
  /// - Throws: `element-type`, `element-mismatch`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.whole()
  }
}
