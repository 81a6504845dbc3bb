/// The negated log-probability of the target class, weighted by class.
public struct NegativeLogLikelihoodLoss: Operator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "NegativeLogLikelihoodLoss", since: 12, operands: ["input", "target", "weight?"],
    results: ["loss"], attributes: ["ignore_index": nil, "reduction": .string("mean")],
    allowed: ["reduction": .texts(["none", "mean", "sum"])])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: See the schema.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// A scalar, or the targets' shape without reduction.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let shape = try ClassLoss(attributes: attributes).shape(context)
    return [TensorType(try context.type(0).element, shape)]
  }

  /// One pass over the targets.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    try ClassLoss(attributes: attributes).lower(builder) { place in
      { label in .unary(.neg, x[ClassLoss.index(place, label)]) }
    }
  }
}
