/// A step of gradient descent with momentum (ai.onnx.preview.training, opset 1).
package struct Momentum: Expansion {
  package static let schema = OperatorSchema(
    "Momentum", domain: "ai.onnx.preview.training", through: 1, operands: ["R", "T", "inputs*"],
    results: ["outputs*"],
    attributes: [
      "alpha": nil, "beta": nil, "mode": .string("standard"), "norm_coefficient": nil,
    ],
    allowed: [
      "alpha": .real, "beta": .real, "mode": .texts(["standard", "nesterov"]),
      "norm_coefficient": .real,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Sums and products for each tensor.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    var step = try OptimizerStep(builder, "Momentum", parts: 3)
    let alpha = settings.float("alpha")
    let share = try step.later(step.number(settings.float("beta")), else: step.number(1.0))
    var results: [[ValueID]] = []
    for group in step.groups {
      let gradient = try step.regularized(group, settings.float("norm_coefficient"))
      let speed = try step.mixed(group[2], alpha, gradient, share)
      var way = speed
      if settings.string("mode") == "nesterov" {
        way = try step.add(gradient, try step.multiply(step.number(alpha), speed))
      }
      let next = try step.subtract(group[0], try step.multiply(step.rate, way))
      results.append([next, speed])
    }
    step.finish(results)
    builder = step.builder
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
