/// `alpha * x + beta` of each element, brought between 0 and 1.
package struct HardSigmoid: FloatOperator {
  package static let schema = OperatorSchema(
    "HardSigmoid", operands: ["X"], attributes: ["alpha": .float(0.2), "beta": .float(0.5)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// A line and two choices.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let line = number("alpha", like: x[0]) * x[0] + number("beta", like: x[0])
    return builder.define("line", line).clamped(x[0].like(0), x[0].like(1))
  }
}
