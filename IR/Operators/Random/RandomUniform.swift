/// Numbers evenly spread over a range; see `RandomDraw` for the generator.
package struct RandomUniform: RandomDraw {
  package static let schema = OperatorSchema(
    "RandomUniform", operands: [], results: ["output"],
    attributes: [
      "dtype": .int(1), "high": .float(1), "low": .float(0), "seed": nil, "shape": nil,
    ], allowed: ["seed": .real, "shape": .integerList])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// The shape and type that the attributes say.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    [try TensorType.checked(try drawnElement(.float32), settings.ints("shape") ?? [])]
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
