/// `RMSNormalization` as onnxruntime's optimiser writes it into models of any opset.
public struct SimplifiedLayerNormalization: Expansion {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "SimplifiedLayerNormalization", operands: ["X", "scale"],
    results: ["Y", "inv_std_var?"],
    attributes: ["axis": .int(-1), "epsilon": .float(1e-5), "stash_type": .int(1)])
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

  /// RMSNormalization.
  public func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let y = try builder.node(
      RMSNormalization(attributes: attributes), try builder.required(0), try builder.required(1))
    builder.setResult(0, y)
    return true
  }

  /// Never lowered by itself.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
