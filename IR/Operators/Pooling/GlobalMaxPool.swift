/// The largest element of each channel.
public struct GlobalMaxPool: GlobalPooling {
  /// What it is called and takes.
  public static let schema = OperatorSchema("GlobalMaxPool", operands: ["X"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

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
