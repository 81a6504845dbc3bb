/// `x / (1 + |x|)` of each element.
package struct Softsign: FloatOperator {
  package static let schema = OperatorSchema(
    "Softsign", operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// A quotient.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    x[0] / (x[0].like(1) + .unary(.abs, x[0]))
  }
}
