/// `Gelu` before ONNX had it (com.microsoft, opset 1).
public struct ContribGelu: Expansion {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Gelu", domain: "com.microsoft", through: 1, operands: ["X"])
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

  /// Gelu.
  public func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    builder.setResult(0, try builder.node(Gelu(), try builder.required(0)))
    return true
  }

  /// Never lowered by itself.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
