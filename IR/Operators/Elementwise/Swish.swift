/// Each element times the logistic function of `alpha * x`.
public struct Swish: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Swish", since: 24, operands: ["X"], attributes: ["alpha": .float(1.0)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `alpha`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// `x / (1 + exp(-alpha * x))`.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let power = Expr.math(.exp, [number("alpha", 1, like: x[0]) * .unary(.neg, x[0])])
    return x[0] / (x[0].like(1) + power)
  }
}
