/// `log(1 + exp(x))` of each element.
package struct Softplus: FloatOperator {
  package static let schema = OperatorSchema(
    "Softplus", operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// `max(x, 0) + log1p(exp(-|x|))`, which cannot overflow.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let power = Expr.math(.exp, [.unary(.neg, .unary(.abs, x[0]))])
    let high = Expr.select(x[0].compared(.lt, x[0].like(0)), x[0].like(0), x[0])
    return high + .math(.log1p, [power])
  }
}
