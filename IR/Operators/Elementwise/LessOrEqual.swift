/// Whether elements of one tensor are not above those of another, broadcast.
public struct LessOrEqual: Comparison {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "LessOrEqual", since: 12, operands: ["A", "B"], results: ["C"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Which comparison.
  public static let comparison = CompareOp.le
}
