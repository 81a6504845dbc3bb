/// Each element times `gamma`, those below zero as `gamma * alpha * (exp(x) - 1)`.
package struct Selu: FloatOperator {
  package static let schema = OperatorSchema(
    "Selu", operands: ["X"], attributes: ["alpha": .float(1.6732632), "gamma": .float(1.050701)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Writes down the rounder defaults of opsets 1 to 5.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.attributes["consumed_inputs"] = nil
    guard node.opset < 6 else { return }
    node.attributes["alpha"] = node.attributes["alpha"] ?? .float(1.6732)
    node.attributes["gamma"] = node.attributes["gamma"] ?? .float(1.0507)
  }

  /// By `expm1`, which keeps small numbers exact.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let low = number("alpha", like: x[0]) * .math(.expm1, x)
    let value = Expr.select(x[0].compared(.gt, x[0].like(0)), x[0], low)
    return number("gamma", like: x[0]) * value
  }
}
