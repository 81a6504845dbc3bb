/// Each element brought between two bounds; NaN stays NaN.
///
/// The upper bound wins when it is below the lower one.
package struct Clip: Elementwise {
  package static let schema = OperatorSchema(
    "Clip", operands: ["input", "min?", "max?"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// Makes operands of the bounds that opsets 1 to 10 have as attributes.
  ///
  /// An absent lower bound before an upper one becomes the lowest number.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.attributes["consumed_inputs"] = nil
    let element = node.operandTypes.first.flatMap { $0 }?.element ?? .float32
    node.moveAttribute("max", toOperand: 2, as: element)
    node.moveAttribute("min", toOperand: 1, as: element)
    guard node.operands.count > 2, node.operands[1] == nil, node.operands[2] != nil else { return }
    node.setOperand(1, .scalar(-.infinity, element))
  }

  /// The number type of operand and bounds.
  ///
  /// - Throws: `clip-bounds`, `element-type`, `element-mismatch`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    if context.has(2), !context.has(1) {
      throw DiagnosticMessage(
        "clip-bounds", "an upper bound needs a lower one; give the lowest number of the type")
    }
    return try context.numeric()
  }

  /// Two choices.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let raised = x.count > 1 ? Expr.select(x[0].compared(.lt, x[1]), x[1], x[0]) : x[0]
    guard x.count > 2 else { return raised }
    let value = builder.define("raised", raised)
    return .select(value.compared(.gt, x[2]), x[2], value)
  }
}
