/// The bits that exactly one of two integers has, broadcast.
public struct BitwiseXor: BitOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "BitwiseXor", since: 18, operands: ["A", "B"], results: ["C"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Which operation.
  public static let operation = BinaryOp.xor

  /// Integers only.
  ///
  /// - Parameter context: The operands.
  /// - Returns: The integer type that the operands share.
  /// - Throws: `element-type`, `element-mismatch`.
  public func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.whole()
  }
}
