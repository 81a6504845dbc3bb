/// The opposite of each bool.
package struct Not: Elementwise {
  package static let schema = OperatorSchema(
    "Not", operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Bools only.
  ///
  /// - Throws: `element-type`, `element-mismatch`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.logical()
  }

  /// Logical negation.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { .unary(.lnot, x[0]) }
}
