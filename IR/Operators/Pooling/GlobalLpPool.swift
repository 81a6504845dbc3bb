/// The p-norm of each channel.
package struct GlobalLpPool: GlobalPooling {
  package static let schema = OperatorSchema(
    "GlobalLpPool", operands: ["X"], attributes: ["p": .int(2)],
    allowed: ["p": .integers(1...1024)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// 1e-4: powers differ between libraries.
  package var tolerance: Double { 1e-4 }

  /// Rounds the real `p` of opset 1.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    try node.adaptNormOrder()
  }

  package func check() throws(DiagnosticMessage) { try checkNormOrder(settings) }

  package func pooled(
    _ x: TensorView, _ axes: ReducedAxes, _ index: [Expr], _ builder: LoopBuilder
  ) -> Expr {
    let p = settings.int("p")
    let sum = builder.declare("sum", .constant(0, x.element))
    axes.inner(builder, index) { index in
      builder.accumulate(sum, builder.define("x", x[index]).normTerm(p))
    }
    return Expr.variable(sum).normRoot(p)
  }
}
