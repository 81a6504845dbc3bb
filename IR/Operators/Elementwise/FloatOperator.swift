/// An element-wise operator on floating-point numbers only.
public protocol FloatOperator: Elementwise {}

extension FloatOperator {
  /// The type of the operands.
  ///
  /// - Parameter context: The operands.
  /// - Returns: float32 or float64.
  /// - Throws: `element-type`, `element-mismatch`.
  public func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.floating()
  }

  /// An attribute as a number of an operand's type.
  ///
  /// - Parameters:
  ///   - name: ONNX's name of the attribute.
  ///   - x: An element of the type.
  /// - Returns: The number.
  public func number(_ name: String, like x: Expr) -> Expr {
    x.like(Double(settings.float(name)))
  }
}

extension Expr {
  /// A number of this expression's type.
  ///
  /// - Parameter value: Rounded to the type.
  /// - Returns: The number.
  public func like(_ value: Double) -> Expr { .constant(value, element) }

  /// The larger of two; NaN if one is.
  ///
  /// - Parameter other: Of the same type.
  /// - Returns: The expression.
  public func maximumOrNaN(_ other: Expr) -> Expr {
    guard scalar.isFloat else { return maximum(other) }
    let rest = Expr.select(compared(.ne, self), self, other)
    return .select(other.compared(.le, self), self, rest)
  }

  /// The smaller of two; NaN if one is.
  ///
  /// - Parameter other: Of the same type.
  /// - Returns: The expression.
  public func minimumOrNaN(_ other: Expr) -> Expr {
    guard scalar.isFloat else { return minimum(other) }
    let rest = Expr.select(compared(.ne, self), self, other)
    return .select(other.compared(.ge, self), self, rest)
  }

  /// The value brought between bounds; NaN stays NaN.
  ///
  /// - Parameters:
  ///   - low: The lower bound.
  ///   - high: The upper bound, which wins when it is below the lower one.
  /// - Returns: The expression.
  public func clamped(_ low: Expr, _ high: Expr) -> Expr {
    let raised = Expr.select(compared(.lt, low), low, self)
    return .select(raised.compared(.gt, high), high, raised)
  }
}
