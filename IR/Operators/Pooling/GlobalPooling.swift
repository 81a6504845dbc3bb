/// An operator that leaves one number for each channel.
package protocol GlobalPooling: Pooling {
  /// What stands for all spatial elements of a channel.
  func pooled(_ x: TensorView, _ axes: ReducedAxes, _ index: [Expr], _ builder: LoopBuilder) -> Expr
  /// Checks the attributes.
  func check() throws(DiagnosticMessage)
}

extension GlobalPooling {
  package func check() throws(DiagnosticMessage) {}

  /// The channels, with spatial extents of 1.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.real(0)
    guard x.rank >= 2 else {
      throw DiagnosticMessage("pooling-rank", "X is \(x); its rank must be 2 or more")
    }
    try check()
    return [TensorType(x.element, x.shape[..<2] + x.shape[2...].map { _ in 1 })]
  }

  /// One pass over each channel.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let axes = ReducedAxes(x.shape, Array(2..<x.rank))
    axes.outer(builder) { index in
      builder.store(pooled(x, axes, index, builder), to: y, at: index)
    }
  }

  /// Always.
  package var storesOnce: Bool { true }
}
