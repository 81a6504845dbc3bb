/// Each element, those below zero as `alpha * (exp(x / alpha) - 1)`.
package struct Celu: FloatOperator {
  package static let schema = OperatorSchema(
    "Celu", since: 12, operands: ["X"], attributes: ["alpha": .float(1.0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// By `expm1`, which keeps small numbers exact.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let alpha = number("alpha", like: x[0])
    let low = alpha * .math(.expm1, [x[0] / alpha])
    return .select(x[0].compared(.lt, x[0].like(0)), low, x[0])
  }
}
