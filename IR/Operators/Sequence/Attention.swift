/// Scaled dot-product attention by heads, with masks, windows and a cache of keys and values.
package struct Attention: Operator {
  package static let schema = OperatorSchema(
    "Attention", since: 23,
    operands: [
      "Q", "K", "V", "attn_mask?", "past_key?", "past_value?", "nonpad_kv_seqlen?",
    ],
    results: ["Y", "present_key?", "present_value?", "qk_matmul_output?"],
    attributes: [
      "is_causal": .int(0), "kv_num_heads": nil, "left_window_size": .int(-1),
      "q_num_heads": nil, "qk_matmul_output_mode": .int(0), "right_window_size": .int(-1),
      "scale": nil, "softcap": .float(0), "softmax_precision": nil,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// 1e-4: exponentials differ between libraries.
  package var tolerance: Double { 1e-4 }

  /// Checks batch, heads, tokens and features.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let windows = [settings.int("left_window_size"), settings.int("right_window_size")]
    guard windows.allSatisfy({ -1...(1 << 31) ~= $0 }) else {
      throw DiagnosticMessage("attention-window", "window sizes must be -1 or not negative")
    }
    return try AttentionShape(context, settings).types(context)
  }

  /// For each query a row of scores, its softmax, and the weighted sum of the values.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let shape = try AttentionShape(builder.context, settings)
    let q = shape.split(try builder.operand(0), heads: shape.queryHeads)
    let keys = try cached(builder, shape, 1)
    let values = try cached(builder, shape, 2)
    let scores = builder.scratch(q.element, [shape.keys], "scores")
    builder.loops([shape.batch, shape.queryHeads, shape.queries]) { index in
      let row = AttentionRow(builder: builder, shape: shape, settings: settings, index: index)
      row.score(q, keys, scores)
      row.normalize(scores)
      row.mix(scores, values)
    }
  }

  /// Keys or values with the cache before them; also stored as the new cache when it is read.
  private func cached(
    _ builder: LoopBuilder, _ shape: AttentionShape, _ operand: Int
  ) throws(DiagnosticMessage) -> TensorView {
    let new = shape.split(try builder.operand(operand), heads: shape.keyHeads)
    let past = builder.operandIfAny(operand + 3)
    let result = builder.resultIfAny(operand)
    guard past != nil || result != nil else { return new }
    let extents = [shape.batch, shape.keyHeads, shape.keys, new.shape[3]]
    let all = result ?? builder.scratch(new.element, extents, "cache")
    if let past { builder.loops(past.shape) { builder.store(past[$0], to: all, at: $0) } }
    builder.loops(new.shape) { index in
      var place = index
      place[2] = index[2] + shape.pastKeys
      builder.store(new[index], to: all, at: place)
    }
    return all
  }
}
