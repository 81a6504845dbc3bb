/// `QuantizeLinear` as onnxruntime's quantiser writes it for 16 bits (com.microsoft, opset 1).
public struct ContribQuantizeLinear: Expansion {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "QuantizeLinear", domain: "com.microsoft", through: 1,
    operands: ["x", "y_scale", "y_zero_point?"],
    results: ["y"], attributes: ["axis": .int(1), "block_size": .int(0), "saturate": .int(1)],
    allowed: ["block_size": .natural])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: See the schema.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Those of the operators that it stands for.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// QuantizeLinear.
  public func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let y = try builder.add(QuantizeLinear(attributes: attributes), builder.operands)[0]
    builder.setResult(0, y)
    return true
  }

  /// Never lowered by itself.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
