/// -1, 0 or 1 as each element is below, at or above zero; NaN stays NaN.
public struct Sign: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Sign", since: 9, operands: ["input"], results: ["output"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Chosen by comparison with zero.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let (zero, one) = (x[0].like(0), x[0].like(1))
    if x[0].element.isUnsigned { return .select(x[0].compared(.gt, zero), one, zero) }
    let below = Expr.select(x[0].compared(.lt, zero), x[0].like(-1), x[0])
    return .select(x[0].compared(.gt, zero), one, below)
  }
}
