/// Groups of channels brought to mean 0 and variance 1, then scaled and shifted by channel.
///
/// Opset 18 had scale and shift for each group; both forms are read, told apart by their length.
package struct GroupNormalization: Operator {
  package static let schema = OperatorSchema(
    "GroupNormalization", since: 18, operands: ["X", "scale", "bias"],
    attributes: ["epsilon": .float(1e-5), "num_groups": .int(1), "stash_type": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// The number of groups.
  package var groups: Int { settings.int("num_groups") }
  package var storesOnce: Bool { true }
  /// 1e-4: sums are rounded in other orders.
  package var tolerance: Double { 1e-4 }

  /// Checks groups and channels.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.real(0)
    guard x.rank >= 2, groups > 0, x.shape[1] % groups == 0 else {
      throw DiagnosticMessage(
        "normalization-groups", "the channels of \(x) do not divide into \(groups) groups")
    }
    try context.checkChannels(1, [x.shape[1], groups], "scale")
    try context.checkChannels(2, [x.shape[1], groups], "bias")
    return [TensorType(x.element, x.shape)]
  }

  /// Three passes over each group.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, scale, bias) = (
      try builder.operand(0), try builder.operand(1), try builder.operand(2)
    )
    let y = try builder.result()
    let size = x.shape[1] / groups
    let axes = ReducedAxes([x.shape[0], groups, size] + x.shape[2...], Array(2...x.rank))
    let place = { (index: [Expr]) in [index[0], index[1] * size + index[2]] + index[3...] }
    let split = TensorView(
      x.buffer, axes.shape, strides: [x.strides[0], x.strides[1] * size] + x.strides[1...],
      offset: x.offset)
    axes.outer(builder) { index in
      let (mean, variance) = axes.moments(builder, split, index)
      let inverse = variance.inverseRoot(settings.float("epsilon"))
      let factor = builder.define("factor", inverse)
      axes.inner(builder, index) { index in
        let own = place(index)
        let gain = scale[[scale.count == x.shape[1] ? own[1] : index[1]]]
        let shift = bias[[bias.count == x.shape[1] ? own[1] : index[1]]]
        let unit = (split[index] - mean) * factor
        let value = unit * gain.converted(to: x.element) + shift.converted(to: x.element)
        builder.store(value, to: y, at: own)
      }
    }
  }
}
