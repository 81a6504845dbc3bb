/// Whether elements of two tensors are equal, broadcast.
public struct Equal: Comparison {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Equal", operands: ["A", "B"], results: ["C"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Which comparison.
  public static let comparison = CompareOp.eq
}
