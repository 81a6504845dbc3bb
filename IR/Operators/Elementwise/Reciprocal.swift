/// One divided by each element.
public struct Reciprocal: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Reciprocal", operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Its operations exist for vectors.
  public var isVectorizable: Bool { true }

  /// `1 / x`.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { x[0].like(1) / x[0] }
}
