/// The quotient of two tensors, broadcast.
///
/// Whole numbers are rounded towards zero; division by zero gives 0.
package struct Div: Elementwise {
  package static let schema = OperatorSchema(
    "Div", operands: ["A", "B"], results: ["C"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// `a / b`.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { x[0] / x[1] }
}
