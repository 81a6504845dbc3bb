/// The negated logarithm of the target class's softmax, weighted by class.
package struct SoftmaxCrossEntropyLoss: Operator {
  package static let schema = OperatorSchema(
    "SoftmaxCrossEntropyLoss", since: 12, operands: ["scores", "labels", "weights?"],
    results: ["output", "log_prob?"],
    attributes: ["ignore_index": nil, "reduction": .string("mean")],
    allowed: ["reduction": .texts(["none", "mean", "sum"])])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// 1e-4: exponentials differ between libraries.
  package var tolerance: Double { 1e-4 }

  /// A scalar, or the labels' shape without reduction; then the scores' shape.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let shape = try ClassLoss(settings: settings).shape(context)
    let x = try context.type(0)
    return [TensorType(x.element, shape), TensorType(x.element, x.shape)]
  }

  /// For each label the largest score, the sum of exponentials, and the loss.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    let logarithms = builder.resultIfAny(1)
    try ClassLoss(settings: settings).lower(builder) { place in
      let best = builder.declare("best", .lowest(x.element))
      builder.loop("c", x.shape[1]) { label in
        builder.assign(best, Expr.variable(best).maximum(x[ClassLoss.index(place, label)]))
      }
      let sum = builder.declare("sum", .constant(0, x.element))
      builder.loop("c", x.shape[1]) { label in
        let shifted = x[ClassLoss.index(place, label)] - .variable(best)
        builder.accumulate(sum, shifted.applying(.exp))
      }
      let shift = builder.define("shift", Expr.variable(sum).applying(.log))
      if let logarithms {
        builder.loop("c", x.shape[1]) { label in
          let index = ClassLoss.index(place, label)
          builder.store(x[index] - .variable(best) - shift, to: logarithms, at: index)
        }
      }
      return { label in shift - (x[ClassLoss.index(place, label)] - .variable(best)) }
    }
  }
}
