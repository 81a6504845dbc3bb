/// A product with 8-bit weights whose other side is quantised by its own range (com.microsoft, opset 1).
public struct DynamicQuantizeMatMul: Expansion {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "DynamicQuantizeMatMul", domain: "com.microsoft", through: 1,
    operands: ["A", "B", "b_scale", "b_zero_point?", "bias?"])
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

  /// DynamicQuantizeLinear, MatMulInteger, Mul and Add.
  public func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let a = try builder.add(DynamicQuantizeLinear(), [try builder.required(0)], results: 3)
    let sum = try builder.add(
      MatMulInteger(), [a[0], try builder.required(1), a[2], builder.operand(3)])[0]
    let scale = try builder.node(Mul(), a[1], try builder.required(2))
    let y = try builder.node(Mul(), try builder.cast(sum, .float32), scale)
    builder.setResult(
      0,
      try builder.operand(4).map { bias throws(DiagnosticMessage) in
        try builder.node(Add(), y, bias)
      } ?? y)
    return true
  }

  /// Never lowered by itself.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
