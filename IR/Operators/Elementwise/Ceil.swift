/// The smallest whole number not below each element.
public struct Ceil: MathOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Ceil", operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// The function of `math.h`.
  public static let function = MathFunction.ceil
}
