/// The product of two tensors, broadcast; whole numbers wrap around.
package struct Mul: Elementwise {
  package static let schema = OperatorSchema(
    "Mul", operands: ["A", "B"], results: ["C"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// `a * b`.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { x[0] * x[1] }
}
