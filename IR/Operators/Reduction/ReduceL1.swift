/// The sum of magnitudes along some axes.
package struct ReduceL1: Reduction {
  package static let schema = reductionSchema("ReduceL1")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func combine(_ total: Expr, _ element: Expr) -> Expr {
    total + (element.element.isUnsigned ? element : .unary(.abs, element))
  }
}
