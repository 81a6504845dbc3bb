/// The greatest element along some axes; NaN if there is one.
public struct ReduceMax: Reduction {
  /// What it is called and takes.
  public static let schema = reductionSchema("ReduceMax")
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `keepdims` and `noop_with_empty_axes`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The least number.
  ///
  /// - Parameter element: The accumulator's type.
  /// - Returns: The total of no elements.
  public func start(_ element: ElementType) -> Expr {
    .lowest(element)
  }

  /// The greater of both.
  ///
  /// - Parameters:
  ///   - total: Before the element.
  ///   - element: The element.
  /// - Returns: The total with it.
  public func combine(_ total: Expr, _ element: Expr) -> Expr {
    total.maximumOrNaN(element)
  }
  /// False is below true.
  public var takesBool: Bool { true }
}
