/// The quotient of two tensors, broadcast.
///
/// Whole numbers are rounded towards zero; division by zero gives 0.
public struct Div: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Div", operands: ["A", "B"], results: ["C"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Its operations exist for vectors.
  public var isVectorizable: Bool { true }

  /// `a / b`.
  ///
  /// - Parameters:
  ///   - x: One element of each operand.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { x[0] / x[1] }
}
