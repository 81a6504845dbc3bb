/// The mean of each channel.
package struct GlobalAveragePool: GlobalPooling {
  package static let schema = OperatorSchema("GlobalAveragePool", operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func pooled(
    _ x: TensorView, _ axes: ReducedAxes, _ index: [Expr], _ builder: LoopBuilder
  ) -> Expr {
    axes.mean(builder, index, x.element, "mean") { x[$0] }
  }
}
