/// `RotaryEmbedding` with its operands in onnxruntime's order (com.microsoft, opset 1).
package struct ContribRotaryEmbedding: Expansion {
  package static let schema = OperatorSchema(
    "RotaryEmbedding", domain: "com.microsoft", through: 1,
    operands: ["input", "position_ids", "cos_cache", "sin_cache"], results: ["output"],
    attributes: [
      "interleaved": .int(0), "is_packed_batching": .int(0), "num_heads": .int(0),
      "rotary_embedding_dim": .int(0), "scale": .float(1),
    ], allowed: ["is_packed_batching": .integers(0...0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// RotaryEmbedding; a single position is that of the first token.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    guard settings.float("scale") == 1 else {
      throw .contrib("RotaryEmbedding", "a scale other than 1 is not compiled")
    }
    let (x, cosine) = (try builder.required(0), try builder.required(2))
    let positions = try builder.required(1)
    builder.setResult(
      0,
      try builder.rotated(
        x, positions, cosine, try builder.required(3), heads: settings.int("num_heads"),
        dimension: settings.int("rotary_embedding_dim"),
        interleaved: settings.flag("interleaved")))
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
