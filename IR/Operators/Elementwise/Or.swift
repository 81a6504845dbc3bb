/// Whether one of two bools holds, broadcast.
public struct Or: BitOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Or", operands: ["A", "B"], results: ["C"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Which operation.
  public static let operation = BinaryOp.or

  /// Bools only.
  ///
  /// - Parameter context: The operands.
  /// - Returns: `bool`.
  /// - Throws: `element-type`, `element-mismatch`.
  public func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.logical()
  }
}
