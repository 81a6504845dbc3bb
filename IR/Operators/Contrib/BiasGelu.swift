/// `Gelu(A + B)` (com.microsoft, opset 1).
public struct BiasGelu: Expansion {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "BiasGelu", domain: "com.microsoft", through: 1, operands: ["A", "B"], results: ["C"])
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

  /// Add and Gelu.
  public func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let sum = try builder.node(Add(), try builder.required(0), try builder.required(1))
    builder.setResult(0, try builder.node(Gelu(), sum))
    return true
  }

  /// Never lowered by itself.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
