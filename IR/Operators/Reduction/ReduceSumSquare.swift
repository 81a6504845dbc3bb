/// The sum of squares along some axes.
package struct ReduceSumSquare: Reduction {
  package static let schema = reductionSchema("ReduceSumSquare")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func combine(_ total: Expr, _ element: Expr) -> Expr {
    total + element * element
  }
}
