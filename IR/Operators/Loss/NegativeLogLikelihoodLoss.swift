/// The negated log-probability of the target class, weighted by class.
package struct NegativeLogLikelihoodLoss: Operator {
  package static let schema = OperatorSchema(
    "NegativeLogLikelihoodLoss", since: 12, operands: ["input", "target", "weight?"],
    results: ["loss"], attributes: ["ignore_index": nil, "reduction": .string("mean")],
    allowed: ["reduction": .texts(["none", "mean", "sum"])])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// A scalar, or the targets' shape without reduction.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let shape = try ClassLoss(settings: settings).shape(context)
    return [TensorType(try context.type(0).element, shape)]
  }

  /// One pass over the targets.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    try ClassLoss(settings: settings).lower(builder) { place in
      { label in .unary(.neg, x[ClassLoss.index(place, label)]) }
    }
  }
}
