/// The running sum along an axis.
package struct CumSum: Cumulative {
  package static let schema = OperatorSchema(
    "CumSum", since: 11, operands: ["x", "axis"], results: ["y"],
    attributes: ["exclusive": .int(0), "reverse": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var start: Double { 0 }

  package func next(_ total: Expr, _ element: Expr) -> Expr {
    total + element
  }
}
