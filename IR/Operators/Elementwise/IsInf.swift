/// Whether each element is infinite, of either sign or of one.
package struct IsInf: Elementwise {
  package static let schema = OperatorSchema(
    "IsInf", since: 10, operands: ["X"],
    attributes: ["detect_negative": .int(1), "detect_positive": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// A test gives bool.
  ///
  /// - Throws: `element-type`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    _ = try context.floating()
    return .bool
  }

  /// By `isinf`, or by comparison for one sign.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    switch (settings.flag("detect_negative"), settings.flag("detect_positive")) {
    case (true, true): .math(.isinf, x)
    case (true, false): x[0].compared(.eq, x[0].like(-.infinity))
    case (false, true): x[0].compared(.eq, x[0].like(.infinity))
    case (false, false): .constant(0, .bool)
    }
  }
}
