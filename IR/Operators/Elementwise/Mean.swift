/// The mean of any number of tensors, broadcast.
public struct Mean: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Mean", operands: ["data_0*"], results: ["mean"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Its operations exist for vectors.
  public var isVectorizable: Bool { true }

  /// The sum from the left, divided by the count.
  ///
  /// - Parameters:
  ///   - x: One element of each operand.
  ///   - builder: Names each step.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    builder.joined("sum", x) { $0 + $1 } / x[0].like(Double(x.count))
  }
}
