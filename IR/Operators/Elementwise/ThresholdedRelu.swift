/// Each element above `alpha`; zero in place of the others.
public struct ThresholdedRelu: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "ThresholdedRelu", since: 10, operands: ["X"], attributes: ["alpha": .float(1.0)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `alpha`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Its operations exist for vectors.
  public var isVectorizable: Bool { true }

  /// `x > alpha ? x : 0`.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    .select(x[0].compared(.gt, number("alpha", 1, like: x[0])), x[0], x[0].like(0))
  }
}
