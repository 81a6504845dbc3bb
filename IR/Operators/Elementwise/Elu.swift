/// Each element, those below zero as `alpha * (exp(x) - 1)`.
package struct Elu: FloatOperator {
  package static let schema = OperatorSchema(
    "Elu", operands: ["X"], attributes: ["alpha": .float(1.0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// By `expm1`, which keeps small numbers exact.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let low = number("alpha", like: x[0]) * .math(.expm1, x)
    return .select(x[0].compared(.lt, x[0].like(0)), low, x[0])
  }
}
