/// Each element times the hyperbolic tangent of `log(1 + exp(x))`.
package struct Mish: FloatOperator {
  package static let schema = OperatorSchema(
    "Mish", since: 18, operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// By `tanh` and `log1p`.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    x[0] * .math(.tanh, [.math(.log1p, [.math(.exp, x)])])
  }
}
