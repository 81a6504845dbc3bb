/// The negated logarithm of the target class's softmax, weighted by class.
public struct SoftmaxCrossEntropyLoss: Operator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "SoftmaxCrossEntropyLoss", since: 12, operands: ["scores", "labels", "weights?"],
    results: ["output", "log_prob?"],
    attributes: ["ignore_index": nil, "reduction": .string("mean")],
    allowed: ["reduction": .texts(["none", "mean", "sum"])])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: See the schema.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// 1e-4: exponentials differ between libraries.
  public var tolerance: Double { 1e-4 }

  /// A scalar, or the labels' shape without reduction; then the scores' shape.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let shape = try ClassLoss(attributes: attributes).shape(context)
    let x = try context.type(0)
    return [TensorType(x.element, shape), TensorType(x.element, x.shape)]
  }

  /// For each label the largest score, the sum of exponentials, and the loss.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    let logarithms = builder.resultIfAny(1)
    try ClassLoss(attributes: attributes).lower(builder) { place in
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
