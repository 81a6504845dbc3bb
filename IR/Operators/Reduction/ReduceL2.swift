/// The square root of the sum of squares along some axes.
package struct ReduceL2: Reduction {
  package static let schema = reductionSchema("ReduceL2")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// float64 for whole numbers.
  package func accumulator(_ element: ElementType) -> ElementType {
    element.isFloat ? element : .float64
  }

  package func combine(_ total: Expr, _ element: Expr) -> Expr {
    total + element * element
  }

  /// The square root.
  package func finish(_ total: Expr, count: Int) -> Expr {
    .math(.sqrt, [total])
  }
}
