/// The magnitude of each element.
package struct Abs: Elementwise {
  package static let schema = OperatorSchema(
    "Abs", operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// `|x|`.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    x[0].element.isUnsigned ? x[0] : .unary(.abs, x[0])
  }
}
