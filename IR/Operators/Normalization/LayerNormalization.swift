/// The trailing axes brought to mean 0 and variance 1, then scaled and shifted.
///
/// ONNX has it from opset 17; onnxruntime's optimiser writes it into models of any opset.
package struct LayerNormalization: Operator {
  package static let schema = OperatorSchema(
    "LayerNormalization", operands: ["X", "Scale", "B?"],
    results: ["Y", "Mean?", "InvStdDev?"],
    attributes: ["axis": .int(-1), "epsilon": .float(1e-5), "stash_type": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }
  /// 1e-4: sums are rounded in other orders.
  package var tolerance: Double { 1e-4 }

  /// Checks the axis and that scale and shift broadcast.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.real(0)
    let axis = try normalizedAxis(settings.int("axis"), rank: x.rank)
    try context.checkBroadcast(1, to: x.shape, "Scale")
    if context.has(2) { try context.checkBroadcast(2, to: x.shape, "B") }
    let kept = x.shape.indices.map { $0 < axis ? x.shape[$0] : 1 }
    let statistics = TensorType(.float32, kept)
    return [TensorType(x.element, x.shape), statistics, statistics]
  }

  /// Three passes over each row.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, scale) = (try builder.operand(0), try builder.operand(1))
    let y = try builder.result()
    let axis = try normalizedAxis(settings.int("axis"), rank: x.rank)
    let gain = scale.broadcast(to: x.shape)
    let shift = builder.operandIfAny(2)?.broadcast(to: x.shape)
    let axes = ReducedAxes(x.shape, Array(axis..<x.rank))
    axes.outer(builder) { index in
      let (mean, variance) = axes.moments(builder, x, index)
      let inverse = variance.inverseRoot(settings.float("epsilon"))
      let factor = builder.define("factor", inverse)
      for (number, value) in [(1, mean), (2, factor)] {
        guard let target = builder.resultIfAny(number) else { continue }
        builder.store(value.converted(to: .float32), to: target, at: index)
      }
      axes.inner(builder, index) { index in
        var value = (x[index] - mean) * factor * gain[index].converted(to: x.element)
        if let shift { value = value + shift[index].converted(to: x.element) }
        builder.store(value, to: y, at: index)
      }
    }
  }
}
