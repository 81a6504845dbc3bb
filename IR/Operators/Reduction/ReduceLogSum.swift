/// The logarithm of the sum along some axes.
package struct ReduceLogSum: Reduction {
  package static let schema = reductionSchema("ReduceLogSum")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// float64 for whole numbers.
  package func accumulator(_ element: ElementType) -> ElementType {
    element.isFloat ? element : .float64
  }

  package func combine(_ total: Expr, _ element: Expr) -> Expr {
    total + element
  }

  /// The logarithm.
  package func finish(_ total: Expr, count: Int) -> Expr {
    .math(.log, [total])
  }
}
