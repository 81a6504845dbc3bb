/// The embeddings of words, positions and segments, summed and normalised (com.microsoft, opset 1).
package struct EmbedLayerNormalization: Expansion {
  package static let schema = OperatorSchema(
    "EmbedLayerNormalization", domain: "com.microsoft", through: 1,
    operands: [
      "input_ids", "segment_ids?", "word_embedding", "position_embedding",
      "segment_embedding?", "gamma", "beta", "mask?", "position_ids?",
    ], results: ["output", "mask_index?", "embedding_sum?"],
    attributes: ["epsilon": .float(1e-12), "mask_index_type": .int(0)],
    allowed: ["mask_index_type": .integers(0...1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Gathers, their sum, LayerNormalization, and the lengths that the mask says.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let ids = try builder.required(0)
    let shape = builder.type(ids).shape
    guard shape.count == 2, shape[1] <= 1 << 24 else {
      throw .contrib("EmbedLayerNormalization", "input_ids must have two axes")
    }
    var sum = try builder.node(Gather(), try builder.required(2), ids)
    let places =
      builder.operand(8)
      ?? builder.constant(Constant((0..<shape[1]).map(Int64.init), .int64, [1, shape[1]]))
    let positions = try builder.node(Gather(), try builder.required(3), places)
    sum = try builder.node(Add(), sum, positions)
    if let segments = builder.operand(1) {
      let rows = try builder.node(Gather(), try builder.required(4), segments)
      sum = try builder.node(Add(), sum, rows)
    }
    let norm = LayerNormalization(
      attributes: ["epsilon": .float(settings.float("epsilon"))])
    builder.setResult(
      0, try builder.add(norm, [sum, try builder.required(5), try builder.required(6)])[0])
    builder.setResult(1, try lengths(&builder, rows: shape[0]))
    builder.setResult(2, sum)
    return true
  }

  private func lengths(
    _ builder: inout DecompositionBuilder, rows: Int
  ) throws(DiagnosticMessage) -> ValueID {
    guard let mask = builder.operand(7) else {
      return builder.constant(.filled(0, .int32, [rows]))
    }
    let sum = try builder.add(
      ReduceSum(attributes: ["keepdims": .int(0)]), [mask, builder.constant(.indices([1]))])[0]
    return try builder.cast(sum, .int32)
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
