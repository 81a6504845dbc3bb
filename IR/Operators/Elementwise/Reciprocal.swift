/// One divided by each element.
package struct Reciprocal: FloatOperator {
  package static let schema = OperatorSchema(
    "Reciprocal", operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// `1 / x`.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { x[0].like(1) / x[0] }
}
