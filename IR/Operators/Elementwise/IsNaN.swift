/// Whether each element is not a number.
package struct IsNaN: Elementwise {
  package static let schema = OperatorSchema(
    "IsNaN", since: 9, operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// A test gives bool.
  ///
  /// - Throws: `element-type`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    _ = try context.floating()
    return .bool
  }

  /// By `isnan`.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { .math(.isnan, x) }
}
