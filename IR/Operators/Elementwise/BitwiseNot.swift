/// The opposite of each bit of an integer.
package struct BitwiseNot: Elementwise {
  package static let schema = OperatorSchema(
    "BitwiseNot", since: 18, operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Integers only.
  ///
  /// - Throws: `element-type`, `element-mismatch`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.whole()
  }

  /// The complement.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { .unary(.not, x[0]) }
}
