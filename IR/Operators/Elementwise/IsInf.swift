/// Whether each element is infinite, of either sign or of one.
public struct IsInf: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "IsInf", since: 10, operands: ["X"],
    attributes: ["detect_negative": .int(1), "detect_positive": .int(1)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `detect_negative` and `detect_positive`.
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

  /// By `isinf`, or by comparison for one sign.
  ///
  /// - Parameters:
  ///   - x: One element.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    switch (attributes.flag("detect_negative", true), attributes.flag("detect_positive", true)) {
    case (true, true): .math(.isinf, x)
    case (true, false): x[0].compared(.eq, x[0].like(-.infinity))
    case (false, true): x[0].compared(.eq, x[0].like(.infinity))
    case (false, false): .constant(0, .bool)
    }
  }
}
