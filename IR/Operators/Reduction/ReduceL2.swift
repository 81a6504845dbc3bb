/// The square root of the sum of squares along some axes.
public struct ReduceL2: Reduction {
  /// What it is called and takes.
  public static let schema = reductionSchema("ReduceL2")
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `keepdims` and `noop_with_empty_axes`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// float64 for whole numbers.
  ///
  /// - Parameter element: The operand's type.
  /// - Returns: The type of totals.
  public func accumulator(_ element: ElementType) -> ElementType {
    element.isFloat ? element : .float64
  }

  /// The sum so far.
  ///
  /// - Parameters:
  ///   - total: Before the element.
  ///   - element: The element.
  /// - Returns: The total with it.
  public func combine(_ total: Expr, _ element: Expr) -> Expr {
    total + element * element
  }

  /// The square root.
  ///
  /// - Parameters:
  ///   - total: Of all elements.
  ///   - count: How many there were.
  /// - Returns: The result, in the accumulator's type.
  public func finish(_ total: Expr, count: Int) -> Expr {
    .math(.sqrt, [total])
  }
}
