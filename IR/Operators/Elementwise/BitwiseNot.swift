/// The opposite of each bit of an integer.
public struct BitwiseNot: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "BitwiseNot", since: 18, operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Integers only.
  ///
  /// - Parameter context: The operands.
  /// - Returns: The type of the operand.
  /// - Throws: `element-type`, `element-mismatch`.
  public func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.whole()
  }

  /// The complement.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { .unary(.not, x[0]) }
}
