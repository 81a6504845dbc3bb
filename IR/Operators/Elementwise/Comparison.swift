/// An element-wise comparison of two tensors.
public protocol Comparison: Elementwise {
  /// Which comparison.
  static var comparison: CompareOp { get }
}

extension Comparison {
  /// A comparison gives bool.
  ///
  /// - Parameter context: Two operands of one type.
  /// - Returns: `bool`.
  /// - Throws: `element-type`, `element-mismatch`.
  public func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    _ = try context.common()
    return .bool
  }

  /// The comparison; false for NaN.
  ///
  /// - Parameters:
  ///   - x: One element of each operand.
  ///   - builder: Unused.
  /// - Returns: A bool.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    x[0].compared(Self.comparison, x[1])
  }
}

/// An element-wise operation on the bits of two tensors of integers or bools.
public protocol BitOperator: Elementwise {
  /// Which operation.
  static var operation: BinaryOp { get }
}

extension BitOperator {
  /// The operation on the elements.
  ///
  /// - Parameters:
  ///   - x: One element of each operand.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    .binary(Self.operation, x[0], x[1])
  }
}
