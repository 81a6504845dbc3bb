/// The bits that exactly one of two integers has, broadcast.
package struct BitwiseXor: BitOperator {
  package static let schema = OperatorSchema(
    "BitwiseXor", since: 18, operands: ["A", "B"], results: ["C"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let operation = BinaryOp.xor

  /// Integers only.
  ///
  /// - Throws: `element-type`, `element-mismatch`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.whole()
  }
}
