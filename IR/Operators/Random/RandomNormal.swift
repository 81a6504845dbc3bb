/// Numbers of a normal distribution; see `RandomDraw` for the generator.
package struct RandomNormal: RandomDraw {
  package static let schema = OperatorSchema(
    "RandomNormal", operands: [], results: ["output"],
    attributes: [
      "dtype": .int(1), "mean": .float(0), "scale": .float(1), "seed": nil, "shape": nil,
    ], allowed: ["seed": .real, "shape": .integerList])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// The shape and type that the attributes say.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    [try TensorType.checked(try drawnElement(.float32), settings.ints("shape") ?? [])]
  }

  /// `mean + scale * normal`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let mean = Expr.constant(Double(settings.float("mean")), .float32)
    let scale = Expr.constant(Double(settings.float("scale")), .float32)
    try fill(builder) { place, _ in mean + scale * normal(place, builder) }
  }
}
