/// The nearest whole number; halves go to the even one.
public struct Round: MathOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Round", since: 11, operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// The function of `math.h`.
  public static let function = MathFunction.rint
}
