/// Each element, those below zero times a slope that is broadcast.
package struct PRelu: Elementwise {
  package static let schema = OperatorSchema(
    "PRelu", operands: ["X", "slope"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var isVectorizable: Bool { true }

  /// Lines the slopes of opsets 1 to 6 up with the channels.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.attributes["consumed_inputs"] = nil
    guard node.opset < 7, node.operandTypes.count > 1, let x = node.operandTypes[0],
      let slope = node.operandTypes[1], slope.rank == 1, slope.shape != [1], x.rank > 2
    else { return }
    node.padShapes[1] = slope.shape + Array(repeating: 1, count: x.rank - 2)
  }

  /// `x < 0 ? slope * x : x`.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    .select(x[0].compared(.lt, x[0].like(0)), x[1] * x[0], x[0])
  }
}
