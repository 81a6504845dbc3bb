/// The sum along some axes; whole numbers wrap around.
public struct ReduceSum: Reduction {
  /// What it is called and takes.
  public static let schema = reductionSchema("ReduceSum")
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `keepdims` and `noop_with_empty_axes`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The sum so far.
  ///
  /// - Parameters:
  ///   - total: Before the element.
  ///   - element: The element.
  /// - Returns: The total with it.
  public func combine(_ total: Expr, _ element: Expr) -> Expr {
    total + element
  }
}
