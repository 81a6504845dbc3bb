/// The larger of each element and zero; NaN stays NaN.
package struct Relu: Elementwise {
  package static let schema = OperatorSchema("Relu", operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Comparison and choice exist for vectors.
  package var isVectorizable: Bool { true }

  /// `x < 0 ? 0 : x`.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    guard case .element(let element) = x[0].scalar else { return x[0] }
    let zero = Expr.constant(0, element)
    return .select(x[0].compared(.lt, zero), zero, x[0])
  }
}
