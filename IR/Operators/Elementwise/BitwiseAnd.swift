/// The bits that two integers share, broadcast.
package struct BitwiseAnd: BitOperator {
  package static let schema = OperatorSchema(
    "BitwiseAnd", since: 18, operands: ["A", "B"], results: ["C"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let operation = BinaryOp.and

  /// Integers only.
  ///
  /// - Throws: `element-type`, `element-mismatch`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.whole()
  }
}
