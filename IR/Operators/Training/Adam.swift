/// A step of the optimiser Adam (ai.onnx.preview.training, opset 1).
package struct Adam: Expansion {
  package static let schema = OperatorSchema(
    "Adam", domain: "ai.onnx.preview.training", through: 1, operands: ["R", "T", "inputs*"],
    results: ["outputs*"],
    attributes: [
      "alpha": .float(0.9), "beta": .float(0.999), "epsilon": .float(1e-6),
      "norm_coefficient": .float(0), "norm_coefficient_post": .float(0),
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Sums, products and a root for each tensor.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    var step = try OptimizerStep(builder, "Adam", parts: 4)
    let (alpha, beta) = (settings.float("alpha"), settings.float("beta"))
    let rate = try rate(&step, alpha, beta)
    var results: [[ValueID]] = []
    for group in step.groups {
      let gradient = try step.regularized(group, settings.float("norm_coefficient"))
      let mean = try step.mixed(group[2], alpha, gradient, step.number(1 - alpha))
      let square = try step.mixed(
        group[3], beta, try step.multiply(gradient, gradient), step.number(1 - beta))
      let root = try step.add(
        try step.builder.node(Sqrt(), square), step.number(settings.float("epsilon")))
      let change = try step.divide(try step.multiply(rate, mean), root)
      let kept = step.number(1 - settings.float("norm_coefficient_post"))
      let next = try step.multiply(kept, try step.subtract(group[0], change))
      results.append([next, mean, square])
    }
    step.finish(results)
    builder = step.builder
    return true
  }

  /// The rate, corrected for states that started at 0.
  private func rate(
    _ step: inout OptimizerStep, _ alpha: Float, _ beta: Float
  ) throws(DiagnosticMessage) -> ValueID {
    let one = step.number(1.0)
    let steps = try step.steps()
    var left: [ValueID] = []
    for factor in [alpha, beta] {
      let power = try step.builder.node(Pow(), step.number(factor), steps)
      left.append(try step.subtract(one, power))
    }
    let root = try step.builder.node(Sqrt(), left[1])
    let corrected = try step.divide(try step.multiply(step.rate, root), left[0])
    return try step.later(corrected, else: step.rate)
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
