/// Numbers of a normal distribution in the shape of a tensor; see `RandomDraw`.
package struct RandomNormalLike: RandomDraw {
  package static let schema = OperatorSchema(
    "RandomNormalLike", operands: ["input"], results: ["output"],
    attributes: ["dtype": nil, "mean": .float(0), "scale": .float(1), "seed": nil],
    allowed: ["seed": .real])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// The shape of the operand, in its type or that of the attribute.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.type(0)
    return [
      TensorType(
        try drawnElement(x.element.isFloat && x.element.isComputable ? x.element : .float32),
        x.shape)
    ]
  }

  /// `mean + scale * normal`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let mean = Expr.constant(Double(settings.float("mean")), .float32)
    let scale = Expr.constant(Double(settings.float("scale")), .float32)
    try fill(builder) { place, _ in mean + scale * normal(place, builder) }
  }
}
