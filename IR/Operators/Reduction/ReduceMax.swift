/// The greatest element along some axes; NaN if there is one.
package struct ReduceMax: Reduction {
  package static let schema = reductionSchema("ReduceMax")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The least number.
  package func start(_ element: ElementType) -> Expr {
    .lowest(element)
  }

  /// The greater of both.
  package func combine(_ total: Expr, _ element: Expr) -> Expr {
    total.maximumOrNaN(element)
  }
  /// False is below true.
  package var takesBool: Bool { true }
}
