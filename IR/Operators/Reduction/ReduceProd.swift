/// The product along some axes; whole numbers wrap around.
public struct ReduceProd: Reduction {
  /// What it is called and takes.
  public static let schema = reductionSchema("ReduceProd")
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `keepdims` and `noop_with_empty_axes`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// One.
  ///
  /// - Parameter element: The accumulator's type.
  /// - Returns: The total of no elements.
  public func start(_ element: ElementType) -> Expr {
    .constant(1, element)
  }

  /// The product so far.
  ///
  /// - Parameters:
  ///   - total: Before the element.
  ///   - element: The element.
  /// - Returns: The total with it.
  public func combine(_ total: Expr, _ element: Expr) -> Expr {
    total * element
  }
}
