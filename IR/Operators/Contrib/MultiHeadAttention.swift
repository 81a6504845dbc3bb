/// Attention of projected queries, keys and values (com.microsoft, opset 1).
package struct MultiHeadAttention: Expansion {
  package static let schema = OperatorSchema(
    "MultiHeadAttention", domain: "com.microsoft", through: 1,
    operands: [
      "query", "key?", "value?", "bias?", "key_padding_mask?", "attention_bias?", "past_key?",
      "past_value?", "past_sequence_length?", "cache_indirection?",
    ], results: ["output", "present_key?", "present_value?", "qk?"],
    attributes: [
      "mask_filter_value": .float(-10000), "num_heads": nil, "scale": nil,
      "unidirectional": .int(0),
    ], allowed: ["unidirectional": .flag])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Attention, after the bias was added and packed operands were taken apart.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let heads = settings.int("num_heads")
    guard 1...(1 << 20) ~= heads, !builder.wants(3), builder.operand(8) == nil,
      builder.operand(9) == nil
    else {
      throw .contrib(
        "MultiHeadAttention", "shared buffers, beams and the result qk are not compiled")
    }
    var parts = try unpacked(&builder)
    guard parts.allSatisfy({ builder.type($0).rank == 3 }) else {
      throw .contrib("MultiHeadAttention", "operands of these ranks are not compiled")
    }
    if let bias = builder.operand(3) {
      let sizes = parts.map { builder.type($0).shape[2] }
      for (index, slice) in try builder.split(bias, sizes, axis: 0).enumerated() {
        parts[index] = try builder.node(Add(), parts[index], slice)
      }
    }
    let past = builder.operand(6).map { builder.type($0).shape.dropFirst(2).first ?? 0 } ?? 0
    let (batch, keys) = (builder.type(parts[0]).shape[0], builder.type(parts[1]).shape[1] + past)
    let filter = settings.float("mask_filter_value")
    let mask = try builder.operand(4).map { mask throws(DiagnosticMessage) in
      try builder.keyMask(mask, batch: batch, keys: keys, filter: filter)
    }
    var own: Attributes = [
      "q_num_heads": .int(heads), "kv_num_heads": .int(heads),
      "is_causal": .int(settings.int("unidirectional")),
    ]
    if let scale = attributes["scale"] { own["scale"] = scale }
    let addend = try builder.joined(mask, builder.operand(5))
    let results = try builder.add(
      Attention(attributes: own), parts + [addend, builder.operand(6), builder.operand(7)],
      results: 3)
    for (index, value) in results.enumerated() { builder.setResult(index, value) }
    return true
  }

  /// Queries, keys and values by batch, token and feature.
  private func unpacked(
    _ builder: inout DecompositionBuilder
  ) throws(DiagnosticMessage) -> [ValueID] {
    let query = try builder.required(0)
    guard let key = builder.operand(1) else { return try slices(query, 3, &builder) }
    guard let value = builder.operand(2) else {
      return [query] + (try slices(key, 2, &builder))
    }
    return [query, try flat(key, &builder), try flat(value, &builder)]
  }

  /// The parts of a tensor by batch, token, head, part and feature.
  private func slices(
    _ packed: ValueID, _ count: Int, _ builder: inout DecompositionBuilder
  ) throws(DiagnosticMessage) -> [ValueID] {
    let shape = builder.type(packed).shape
    guard shape.count == 5, shape[3] == count else {
      throw .contrib("MultiHeadAttention", "\(shape) does not hold \(count) packed operands")
    }
    var parts: [ValueID] = []
    for part in try builder.split(packed, [Int](repeating: 1, count: count), axis: 3) {
      parts.append(try builder.reshape(part, [shape[0], shape[1], shape[2] * shape[4]]))
    }
    return parts
  }

  private func flat(
    _ value: ValueID, _ builder: inout DecompositionBuilder
  ) throws(DiagnosticMessage) -> ValueID {
    let shape = builder.type(value).shape
    guard shape.count == 4 else { return value }
    let ordered = try builder.transpose(value, [0, 2, 1, 3])
    return try builder.reshape(ordered, [shape[0], shape[2], shape[1] * shape[3]])
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
