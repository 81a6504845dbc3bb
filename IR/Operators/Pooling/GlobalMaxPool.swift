/// The largest element of each channel.
package struct GlobalMaxPool: GlobalPooling {
  package static let schema = OperatorSchema("GlobalMaxPool", operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func pooled(
    _ x: TensorView, _ axes: ReducedAxes, _ index: [Expr], _ builder: LoopBuilder
  ) -> Expr {
    let best = builder.declare("best", .lowest(x.element))
    axes.inner(builder, index) { index in
      builder.assign(best, Expr.variable(best).maximum(x[index]))
    }
    return .variable(best)
  }
}
