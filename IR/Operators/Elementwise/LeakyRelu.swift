/// Each element, those below zero times `alpha`.
public struct LeakyRelu: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "LeakyRelu", operands: ["X"], attributes: ["alpha": .float(0.01)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `alpha`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Its operations exist for vectors.
  public var isVectorizable: Bool { true }

  /// `x < 0 ? alpha * x : x`.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let scaled = number("alpha", 0.01, like: x[0]) * x[0]
    return .select(x[0].compared(.lt, x[0].like(0)), scaled, x[0])
  }
}
