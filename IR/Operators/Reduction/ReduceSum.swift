/// The sum along some axes; whole numbers wrap around.
package struct ReduceSum: Reduction {
  package static let schema = reductionSchema("ReduceSum")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func combine(_ total: Expr, _ element: Expr) -> Expr {
    total + element
  }
}
