/// -1, 0 or 1 as each element is below, at or above zero; NaN stays NaN.
package struct Sign: Elementwise {
  package static let schema = OperatorSchema(
    "Sign", since: 9, operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Chosen by comparison with zero.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let (zero, one) = (x[0].like(0), x[0].like(1))
    if x[0].element.isUnsigned { return .select(x[0].compared(.gt, zero), one, zero) }
    let below = Expr.select(x[0].compared(.lt, zero), x[0].like(-1), x[0])
    return .select(x[0].compared(.gt, zero), one, below)
  }
}
