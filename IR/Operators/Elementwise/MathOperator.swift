/// An element-wise operator that is one function of `math.h`.
public protocol MathOperator: Elementwise {
  /// The function.
  static var function: MathFunction { get }
}

extension MathOperator {
  /// The type of the operand.
  ///
  /// - Parameter context: The operand.
  /// - Returns: float32 or float64.
  /// - Throws: `element-type`.
  public func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.floating()
  }

  /// For those that have code of their own in vectors.
  public var isVectorizable: Bool { [.exp, .tanh, .erf].contains(Self.function) }

  /// The function of the element.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { .math(Self.function, x) }
}
