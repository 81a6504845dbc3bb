/// The mean along some axes.
public struct ReduceMean: Reduction {
  /// What it is called and takes.
  public static let schema = reductionSchema("ReduceMean")
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `keepdims` and `noop_with_empty_axes`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// int64 or uint64 for whole numbers.
  ///
  /// - Parameter element: The operand's type.
  /// - Returns: The type of totals.
  public func accumulator(_ element: ElementType) -> ElementType {
    element.isFloat ? element : element.isSigned ? .int64 : .uint64
  }

  /// The sum so far.
  ///
  /// - Parameters:
  ///   - total: Before the element.
  ///   - element: The element.
  /// - Returns: The total with it.
  public func combine(_ total: Expr, _ element: Expr) -> Expr {
    total + element
  }

  /// The sum divided by the count.
  ///
  /// - Parameters:
  ///   - total: Of all elements.
  ///   - count: How many there were.
  /// - Returns: The result, in the accumulator's type.
  public func finish(_ total: Expr, count: Int) -> Expr {
    total / total.like(Double(count))
  }
}
