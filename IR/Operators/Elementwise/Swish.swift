/// Each element times the logistic function of `alpha * x`.
package struct Swish: FloatOperator {
  package static let schema = OperatorSchema(
    "Swish", since: 24, operands: ["X"], attributes: ["alpha": .float(1.0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// `x / (1 + exp(-alpha * x))`.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let power = Expr.math(.exp, [number("alpha", like: x[0]) * .unary(.neg, x[0])])
    return x[0] / (x[0].like(1) + power)
  }
}
