/// Each element, those below zero times `alpha`.
package struct LeakyRelu: FloatOperator {
  package static let schema = OperatorSchema(
    "LeakyRelu", operands: ["X"], attributes: ["alpha": .float(0.01)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// `x < 0 ? alpha * x : x`.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let scaled = number("alpha", like: x[0]) * x[0]
    return .select(x[0].compared(.lt, x[0].like(0)), scaled, x[0])
  }
}
