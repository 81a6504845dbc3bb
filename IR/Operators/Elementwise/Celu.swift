/// Each element, those below zero as `alpha * (exp(x / alpha) - 1)`.
public struct Celu: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Celu", since: 12, operands: ["X"], attributes: ["alpha": .float(1.0)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `alpha`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// By `expm1`, which keeps small numbers exact.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let alpha = number("alpha", 1, like: x[0])
    let low = alpha * .math(.expm1, [x[0] / alpha])
    return .select(x[0].compared(.lt, x[0].like(0)), low, x[0])
  }
}
