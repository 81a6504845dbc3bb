/// The mean along some axes.
package struct ReduceMean: Reduction {
  package static let schema = reductionSchema("ReduceMean")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// int64 or uint64 for whole numbers.
  package func accumulator(_ element: ElementType) -> ElementType {
    element.isFloat ? element : element.isSigned ? .int64 : .uint64
  }

  package func combine(_ total: Expr, _ element: Expr) -> Expr {
    total + element
  }

  /// The sum divided by the count.
  package func finish(_ total: Expr, count: Int) -> Expr {
    total / total.like(Double(count))
  }
}
