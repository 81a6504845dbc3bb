/// Each element times the hyperbolic tangent of `log(1 + exp(x))`.
public struct Mish: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Mish", since: 18, operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// By `tanh` and `log1p`.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    x[0] * .math(.tanh, [.math(.log1p, [.math(.exp, x)])])
  }
}
