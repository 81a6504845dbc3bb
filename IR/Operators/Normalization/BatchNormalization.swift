/// Each channel shifted and scaled by known statistics, or by those of the batch in training mode.
package struct BatchNormalization: Operator {
  package static let schema = OperatorSchema(
    "BatchNormalization", operands: ["X", "scale", "B", "input_mean", "input_var"],
    results: ["Y", "running_mean?", "running_var?"],
    attributes: ["epsilon": .float(1e-5), "momentum": .float(0.9), "training_mode": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// What is added to each variance.
  package var epsilon: Float { settings.float("epsilon") }
  /// Whether the batch's own statistics are taken.
  package var isTraining: Bool { settings.flag("training_mode") }
  package var storesOnce: Bool { true }
  /// Operand 0, unless statistics are taken first.
  package var inPlaceOperands: [Int] { isTraining ? [] : [0] }

  /// Drops `is_test` and `spatial` of older opsets; statistics for each element are refused.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    guard node.attributes.int("spatial") ?? 1 == 1 else {
      throw DiagnosticMessage(
        "adapt-batchnorm",
        "spatial=0 (opsets 1 to 8) is not supported; export with opset 9 or later")
    }
    for name in ["consumed_inputs", "is_test", "spatial"] { node.attributes[name] = nil }
  }

  /// Checks the number of channels.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.real(0)
    let channels = x.rank > 1 ? x.shape[1] : 1
    for (index, name) in [(1, "scale"), (2, "B"), (3, "input_mean"), (4, "input_var")] {
      try context.checkChannels(index, [channels], name)
    }
    return [x, try context.type(3), try context.type(4)].map { TensorType($0.element, $0.shape) }
  }

  /// One factor for each channel, then one pass.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, scale, bias) = (
      try builder.operand(0), try builder.operand(1), try builder.operand(2)
    )
    let known = (mean: try builder.operand(3), variance: try builder.operand(4))
    let y = try builder.result()
    let axes = ReducedAxes(x.shape, x.shape.indices.filter { $0 != 1 })
    if !isTraining { copyStatistics(builder, known.mean, known.variance) }
    axes.outer(builder) { index in
      let channel = x.rank > 1 ? index[1] : .integer(0)
      var mean = builder.define("mean", known.mean[[channel]].converted(to: x.element))
      var variance = known.variance[[channel]].converted(to: x.element)
      if isTraining {
        let batch = axes.moments(builder, x, index)
        update(builder, 1, channel, mean, batch.mean)
        update(builder, 2, channel, variance, batch.variance)
        (mean, variance) = batch
      }
      let gain = scale[[channel]].converted(to: x.element)
      let factor = builder.define("factor", gain * variance.inverseRoot(epsilon))
      let shift = builder.define("shift", bias[[channel]].converted(to: x.element))
      axes.inner(builder, index) { index in
        builder.store((x[index] - mean) * factor + shift, to: y, at: index)
      }
    }
  }

  private func copyStatistics(_ builder: LoopBuilder, _ mean: TensorView, _ variance: TensorView) {
    for (index, source) in [(1, mean), (2, variance)] {
      if let target = builder.resultIfAny(index) { builder.copyElements(from: source, to: target) }
    }
  }

  private func update(
    _ builder: LoopBuilder, _ index: Int, _ channel: Expr, _ old: Expr, _ new: Expr
  ) {
    guard let target = builder.resultIfAny(index) else { return }
    let momentum = settings.float("momentum")
    let (kept, added) = (old.scaled(by: momentum), new.scaled(by: 1 - momentum))
    builder.store((kept + added).converted(to: target.element), to: target, at: [channel])
  }
}
