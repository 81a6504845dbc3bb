/// The negative of each element.
package struct Neg: Elementwise {
  package static let schema = OperatorSchema(
    "Neg", operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// `-x`.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { .unary(.neg, x[0]) }
}
