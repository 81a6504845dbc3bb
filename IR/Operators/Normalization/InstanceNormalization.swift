/// Each channel of each sample brought to mean 0 and variance 1, then scaled and shifted.
package struct InstanceNormalization: Operator {
  package static let schema = OperatorSchema(
    "InstanceNormalization", operands: ["input", "scale", "B"], results: ["output"],
    attributes: ["epsilon": .float(1e-5)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }
  /// 1e-4: sums are rounded in other orders.
  package var tolerance: Double { 1e-4 }

  /// Drops `consumed_inputs` of opset 1.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.attributes["consumed_inputs"] = nil
  }

  /// Checks rank and the number of channels.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.real(0)
    guard x.rank >= 3 else {
      throw DiagnosticMessage("normalization-rank", "input is \(x); its rank must be 3 or more")
    }
    try context.checkChannels(1, [x.shape[1]], "scale")
    try context.checkChannels(2, [x.shape[1]], "B")
    return [TensorType(x.element, x.shape)]
  }

  /// Three passes over each channel.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, scale, bias) = (
      try builder.operand(0), try builder.operand(1), try builder.operand(2)
    )
    let y = try builder.result()
    let epsilon = settings.float("epsilon")
    let axes = ReducedAxes(x.shape, Array(2..<x.rank))
    axes.outer(builder) { index in
      let (mean, variance) = axes.moments(builder, x, index)
      let gain = scale[[index[1]]].converted(to: x.element)
      let factor = builder.define("factor", gain * variance.inverseRoot(epsilon))
      let shift = builder.define("shift", bias[[index[1]]].converted(to: x.element))
      axes.inner(builder, index) { index in
        builder.store((x[index] - mean) * factor + shift, to: y, at: index)
      }
    }
  }
}
