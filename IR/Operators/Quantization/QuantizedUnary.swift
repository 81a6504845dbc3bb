/// A function of quantized numbers: QLinearSigmoid and QLinearLeakyRelu, as a table of 256 bytes.
package protocol QuantizedUnary: PositionKeeping {
  /// What becomes of a real number.
  func real(_ x: Float) -> Float
}

extension QuantizedUnary {
  package static func declared(
    _ name: String, attributes: KeyValuePairs<String, Attribute?> = [:]
  ) -> OperatorSchema {
    OperatorSchema(
      name, domain: "com.microsoft",
      operands: ["X", "X_scale", "X_zero_point?", "Y_scale", "Y_zero_point?"],
      attributes: attributes)
  }

  private func table(_ context: InferenceContext) throws(DiagnosticMessage) -> Constant {
    let element = try context.quantized(0).element
    let x = try context.grid(element, scale: 1, zeroPoint: 2)
    return x.table(to: try context.grid(element, scale: 3, zeroPoint: 4), real)
  }

  /// The operand's type.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    _ = try table(context)
    return [try context.quantized(0)]
  }

  /// A Lookup.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let table = builder.constant(try table(builder.context))
    builder.setResult(0, try builder.node(Lookup(), builder.operands[0], table))
    return true
  }

  /// Lowered by way of Lookup.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    throw DiagnosticMessage("compiler-fault", "\(name) is decomposed")
  }
}
