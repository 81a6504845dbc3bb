/// `alpha * A * B`, each side transposed on request (com.microsoft, opset 1).
package struct FusedMatMul: Expansion {
  package static let schema = OperatorSchema(
    "FusedMatMul", domain: "com.microsoft", through: 1, operands: ["A", "B"],
    attributes: [
      "alpha": .float(1), "transA": .int(0), "transB": .int(0), "transBatchA": .int(0),
      "transBatchB": .int(0),
    ], allowed: ["transBatchA": .flag, "transBatchB": .flag], aliases: ["TransposeMatMul"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Transpose, MatMul and Mul.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let a = try side(0, "A", &builder)
    let b = try side(1, "B", &builder)
    var y = try builder.node(MatMul(), a, b)
    let alpha = settings.float("alpha")
    if alpha != 1 {
      y = try builder.node(Mul(), y, builder.scalar(Double(alpha), builder.type(y).element))
    }
    builder.setResult(0, y)
    return true
  }

  private func side(
    _ operand: Int, _ name: String, _ builder: inout DecompositionBuilder
  ) throws(DiagnosticMessage) -> ValueID {
    let value = try builder.required(operand)
    let rank = builder.type(value).rank
    guard rank >= 2 else { return value }
    var order = Array(0..<rank)
    if settings.flag("transBatch\(name)") {
      guard rank >= 3 else { throw .contrib("FusedMatMul", "transBatch\(name) needs three axes") }
      order = Array(1..<(rank - 1)) + [0, rank - 1]
    }
    if settings.flag("trans\(name)") { order.swapAt(rank - 1, rank - 2) }
    return try builder.transpose(value, order)
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
