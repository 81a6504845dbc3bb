/// Each element times `x / 6 + 0.5` brought between 0 and 1.
public struct HardSwish: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "HardSwish", since: 14, operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Its operations exist for vectors.
  public var isVectorizable: Bool { true }

  /// A line, two choices and a product.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Takes the name of the line.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let line = x[0] * x[0].like(1.0 / 6) + x[0].like(0.5)
    return x[0] * builder.define("line", line).clamped(x[0].like(0), x[0].like(1))
  }
}
