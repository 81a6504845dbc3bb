/// The inverse hyperbolic cosine of each element.
public struct Acosh: MathOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Acosh", since: 9, operands: ["input"], results: ["output"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// The function of `math.h`.
  public static let function = MathFunction.acosh
}
