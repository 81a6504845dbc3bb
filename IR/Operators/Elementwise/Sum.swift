/// The sum of any number of tensors, broadcast.
public struct Sum: FloatOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Sum", operands: ["data_0*"], results: ["sum"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Its operations exist for vectors.
  public var isVectorizable: Bool { true }

  /// From the left.
  ///
  /// - Parameters:
  ///   - x: One element of each operand.
  ///   - builder: Names each step.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    builder.joined("sum", x) { $0 + $1 }
  }
}
