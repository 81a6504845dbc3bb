/// `log(1 + exp(x))` of each element.
public struct Softplus: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Softplus", operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// `max(x, 0) + log1p(exp(-|x|))`, which cannot overflow.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let power = Expr.math(.exp, [.unary(.neg, .unary(.abs, x[0]))])
    let high = Expr.select(x[0].compared(.lt, x[0].like(0)), x[0].like(0), x[0])
    return high + .math(.log1p, [power])
  }
}
