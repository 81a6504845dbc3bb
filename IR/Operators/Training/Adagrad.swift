/// A step of the optimiser Adagrad (ai.onnx.preview.training, opset 1).
package struct Adagrad: Expansion {
  package static let schema = OperatorSchema(
    "Adagrad", domain: "ai.onnx.preview.training", through: 1, operands: ["R", "T", "inputs*"],
    results: ["outputs*"],
    attributes: [
      "decay_factor": .float(0), "epsilon": .float(1e-6), "norm_coefficient": .float(0),
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Sums, products and a root for each tensor.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    var step = try OptimizerStep(builder, "Adagrad", parts: 3)
    let decay = try step.multiply(
      try step.steps(), step.number(settings.float("decay_factor")))
    let rate = try step.divide(step.rate, try step.add(step.number(1.0), decay))
    var results: [[ValueID]] = []
    for group in step.groups {
      let gradient = try step.regularized(group, settings.float("norm_coefficient"))
      let square = try step.add(group[2], try step.multiply(gradient, gradient))
      let root = try step.add(
        try step.builder.node(Sqrt(), square), step.number(settings.float("epsilon")))
      let change = try step.divide(try step.multiply(rate, gradient), root)
      results.append([try step.subtract(group[0], change), square])
    }
    step.finish(results)
    builder = step.builder
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
