/// The hyperbolic cosine of each element.
public struct Cosh: MathOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Cosh", since: 9, operands: ["input"], results: ["output"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// The function of `math.h`.
  public static let function = MathFunction.cosh
}
