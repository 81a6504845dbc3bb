/// The least element along some axes; NaN if there is one.
package struct ReduceMin: Reduction {
  package static let schema = reductionSchema("ReduceMin")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The greatest number.
  package func start(_ element: ElementType) -> Expr {
    .highest(element)
  }

  /// The lesser of both.
  package func combine(_ total: Expr, _ element: Expr) -> Expr {
    total.minimumOrNaN(element)
  }
  /// False is below true.
  package var takesBool: Bool { true }
}
