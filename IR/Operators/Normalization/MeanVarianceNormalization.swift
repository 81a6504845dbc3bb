/// Some axes brought to mean 0 and variance 1.
package struct MeanVarianceNormalization: Operator {
  package static let schema = OperatorSchema(
    "MeanVarianceNormalization", since: 9, operands: ["X"],
    attributes: ["axes": .ints([0, 2, 3])])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }
  /// 1e-4: sums are rounded in other orders.
  package var tolerance: Double { 1e-4 }

  private func axes(_ shape: [Int]) throws(DiagnosticMessage) -> ReducedAxes {
    var axes: Set<Int> = []
    for axis in settings.ints("axes") ?? [0, 2, 3] {
      axes.insert(try normalizedAxis(axis, rank: shape.count))
    }
    guard axes.allSatisfy({ $0 < shape.count }) else {
      throw DiagnosticMessage("axis-range", "a scalar has no axes to normalize")
    }
    return ReducedAxes(shape, axes.sorted())
  }

  /// Checks the axes.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.real(0)
    _ = try axes(x.shape)
    return [TensorType(x.element, x.shape)]
  }

  /// Three passes over what the axes span.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let axes = try axes(x.shape)
    axes.outer(builder) { index in
      let (mean, variance) = axes.moments(builder, x, index)
      let deviation = variance.applying(.sqrt) + .constant(1e-9, x.element)
      let divisor = builder.define("deviation", deviation)
      axes.inner(builder, index) { index in
        builder.store((x[index] - mean) / divisor, to: y, at: index)
      }
    }
  }
}
