/// Each element times `x / 6 + 0.5` brought between 0 and 1.
package struct HardSwish: FloatOperator {
  package static let schema = OperatorSchema(
    "HardSwish", since: 14, operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// A line, two choices and a product.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let line = x[0] * x[0].like(1.0 / 6) + x[0].like(0.5)
    return x[0] * builder.define("line", line).clamped(x[0].like(0), x[0].like(1))
  }
}
