/// The product along some axes; whole numbers wrap around.
package struct ReduceProd: Reduction {
  package static let schema = reductionSchema("ReduceProd")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// One.
  package func start(_ element: ElementType) -> Expr {
    .constant(1, element)
  }

  /// The product so far.
  package func combine(_ total: Expr, _ element: Expr) -> Expr {
    total * element
  }
}
