/// Elements near zero become zero, the others move towards it by `bias`.
package struct Shrink: Elementwise {
  package static let schema = OperatorSchema(
    "Shrink", since: 9, operands: ["input"], results: ["output"],
    attributes: ["bias": .float(0.0), "lambd": .float(0.5)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Chosen by comparison with `lambd` on both sides.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let type = x[0].element
    let value = type.isFloat ? x[0] : x[0].converted(to: .float64)
    let limit = Double(settings.float("lambd"))
    let bias = value.like(Double(settings.float("bias")))
    let below = value.compared(.lt, value.like(-limit))
    let above = value.compared(.gt, value.like(limit))
    let rest = Expr.select(above, value - bias, value.like(0))
    return Expr.select(below, value + bias, rest).converted(to: type)
  }
}
