/// The opposite of each bool.
public struct Not: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Not", operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Bools only.
  ///
  /// - Parameter context: The operands.
  /// - Returns: `bool`.
  /// - Throws: `element-type`, `element-mismatch`.
  public func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    try context.logical()
  }

  /// Logical negation.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { .unary(.lnot, x[0]) }
}
