/// Numbers evenly spread over a range; see `RandomDraw` for the generator.
public struct RandomUniform: RandomDraw {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "RandomUniform", operands: [], results: ["output"],
    attributes: [
      "dtype": .int(1), "high": .float(1), "low": .float(0), "seed": nil, "shape": nil,
    ], allowed: ["seed": .real, "shape": .integerList])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: See the schema.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Always.
  public var storesOnce: Bool { true }

  /// The shape and type that the attributes say.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    [try TensorType.checked(try drawnElement(.float32), attributes.ints("shape") ?? [])]
  }

  /// `low + (high - low) * unit`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (low, high) = (attributes.float("low"), attributes.float("high", 1))
    let span = Expr.constant(Double(high - low), .float32)
    try fill(builder) { place, _ in
      Expr.constant(Double(low), .float32) + span * unit(place, 0, builder)
    }
  }
}
