/// Each element above `alpha`; zero in place of the others.
package struct ThresholdedRelu: FloatOperator {
  package static let schema = OperatorSchema(
    "ThresholdedRelu", since: 10, operands: ["X"], attributes: ["alpha": .float(1.0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// `x > alpha ? x : 0`.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    .select(x[0].compared(.gt, number("alpha", like: x[0])), x[0], x[0].like(0))
  }
}
