/// `x * sigmoid(alpha * x)` (com.microsoft, opset 1).
public struct QuickGelu: Expansion {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "QuickGelu", domain: "com.microsoft", through: 1, operands: ["X"],
    attributes: ["alpha": .float(1.702)])
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

  /// Swish.
  public func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let swish = Swish(attributes: ["alpha": .float(attributes.float("alpha", 1.702))])
    builder.setResult(0, try builder.node(swish, try builder.required(0)))
    return true
  }

  /// Never lowered by itself.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
