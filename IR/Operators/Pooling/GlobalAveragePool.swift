/// The mean of each channel.
public struct GlobalAveragePool: GlobalPooling {
  /// What it is called and takes.
  public static let schema = OperatorSchema("GlobalAveragePool", operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func pooled(
    _ x: TensorView, _ axes: ReducedAxes, _ index: [Expr], _ builder: LoopBuilder
  ) -> Expr {
    axes.mean(builder, index, x.element, "mean") { x[$0] }
  }
}
