/// `Gelu(X + bias)` by its approximation with `tanh` (com.microsoft, opset 1).
public struct FastGelu: Expansion {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "FastGelu", domain: "com.microsoft", through: 1, operands: ["X", "bias?"])
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

  /// Add where there is a bias, and Gelu.
  public func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    var x = try builder.required(0)
    if let bias = builder.operand(1) { x = try builder.node(Add(), x, bias) }
    builder.setResult(
      0, try builder.node(Gelu(attributes: ["approximate": .string("tanh")]), x))
    return true
  }

  /// Never lowered by itself.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
