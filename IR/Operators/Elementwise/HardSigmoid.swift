/// `alpha * x + beta` of each element, brought between 0 and 1.
public struct HardSigmoid: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "HardSigmoid", operands: ["X"], attributes: ["alpha": .float(0.2), "beta": .float(0.5)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `alpha` and `beta`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Its operations exist for vectors.
  public var isVectorizable: Bool { true }

  /// A line and two choices.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Takes the name of the line.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let line = number("alpha", 0.2, like: x[0]) * x[0] + number("beta", 0.5, like: x[0])
    return builder.define("line", line).clamped(x[0].like(0), x[0].like(1))
  }
}
