/// `x / (1 + |x|)` of each element.
public struct Softsign: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Softsign", operands: ["input"], results: ["output"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// A quotient.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    x[0] / (x[0].like(1) + .unary(.abs, x[0]))
  }
}
