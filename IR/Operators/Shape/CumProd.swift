/// The running product along an axis.
package struct CumProd: Cumulative {
  package static let schema = OperatorSchema(
    "CumProd", since: 26, operands: ["x", "axis"], results: ["y"],
    attributes: ["exclusive": .int(0), "reverse": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var start: Double { 1 }

  /// The product so far.
  package func next(_ total: Expr, _ element: Expr) -> Expr {
    total * element
  }
}
