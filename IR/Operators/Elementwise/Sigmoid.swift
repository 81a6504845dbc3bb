/// The logistic function of each element.
package struct Sigmoid: FloatOperator {
  package static let schema = OperatorSchema(
    "Sigmoid", operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// `1 / (1 + exp(-x))`.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    x[0].like(1) / (x[0].like(1) + .math(.exp, [.unary(.neg, x[0])]))
  }
}
