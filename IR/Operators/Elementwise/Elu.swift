/// Each element, those below zero as `alpha * (exp(x) - 1)`.
public struct Elu: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Elu", operands: ["X"], attributes: ["alpha": .float(1.0)])
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
    let low = number("alpha", 1, like: x[0]) * .math(.expm1, x)
    return .select(x[0].compared(.lt, x[0].like(0)), low, x[0])
  }
}
