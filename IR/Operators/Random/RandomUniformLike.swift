/// Numbers evenly spread over a range in the shape of a tensor; see `RandomDraw`.
package struct RandomUniformLike: RandomDraw {
  package static let schema = OperatorSchema(
    "RandomUniformLike", operands: ["input"], results: ["output"],
    attributes: ["dtype": nil, "high": .float(1), "low": .float(0), "seed": nil],
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

  /// `low + (high - low) * unit`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (low, high) = (settings.float("low"), settings.float("high"))
    let span = Expr.constant(Double(high - low), .float32)
    try fill(builder) { place, _ in
      Expr.constant(Double(low), .float32) + span * unit(place, 0, builder)
    }
  }
}
