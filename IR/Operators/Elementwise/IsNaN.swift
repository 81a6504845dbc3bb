/// Whether each element is not a number.
public struct IsNaN: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "IsNaN", since: 9, operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// A test gives bool.
  ///
  /// - Parameter context: The operands.
  /// - Returns: `bool`.
  /// - Throws: `element-type`.
  public func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    _ = try context.floating()
    return .bool
  }

  /// By `isnan`.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { .math(.isnan, x) }
}
