/// The sum of two tensors, broadcast; whole numbers wrap around.
public struct Add: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema("Add", operands: ["A", "B"], results: ["C"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Addition exists for vectors.
  public var isVectorizable: Bool { true }

  /// `a + b`.
  ///
  /// - Parameters:
  ///   - x: One element of each operand.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { x[0] + x[1] }
}
