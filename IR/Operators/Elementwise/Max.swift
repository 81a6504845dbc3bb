/// The greatest of any number of tensors, broadcast; NaN where one is.
public struct Max: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Max", operands: ["data_0*"], results: ["max"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Its operations exist for vectors.
  public var isVectorizable: Bool { true }

  /// Pairwise from the left.
  ///
  /// - Parameters:
  ///   - x: One element of each operand.
  ///   - builder: Names each step.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    builder.joined("most", x) { $0.maximumOrNaN($1) }
  }
}
