/// The logistic function of each element.
public struct Sigmoid: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Sigmoid", operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// `1 / (1 + exp(-x))`.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    x[0].like(1) / (x[0].like(1) + .math(.exp, [.unary(.neg, x[0])]))
  }
}
