/// Causal attention whose heads share keys and values, with a cache that is written in place (com.microsoft, opset 1).
package struct GroupQueryAttention: Expansion {
  package static let schema = OperatorSchema(
    "GroupQueryAttention", domain: "com.microsoft", through: 1,
    operands: [
      "query", "key?", "value?", "past_key?", "past_value?", "seqlens_k", "total_sequence_length",
      "cos_cache?", "sin_cache?", "position_ids?", "attention_bias?", "head_sink?",
    ], results: ["output", "present_key?", "present_value?"],
    attributes: [
      "do_rotary": .int(0), "kv_num_heads": nil, "local_window_size": .int(-1), "num_heads": nil,
      "rotary_interleaved": .int(0), "scale": nil, "smooth_softmax": .int(0), "softcap": .float(0),
    ],
    allowed: [
      "do_rotary": .flag, "local_window_size": .integers(-1...(1 << 31)),
      "rotary_interleaved": .flag, "smooth_softmax": .integers(-1...0),
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// RotaryEmbedding, TensorScatter into the cache, and Attention up to the length of each sample.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let (heads, groups) = (settings.int("num_heads"), settings.int("kv_num_heads"))
    let query = try builder.required(0)
    guard 1...(1 << 20) ~= heads, 1...(1 << 20) ~= groups, builder.type(query).rank == 3,
      builder.operand(11) == nil
    else {
      throw .contrib("GroupQueryAttention", "operands of these shapes, or sinks, are not compiled")
    }
    var parts = [query]
    if let key = builder.operand(1) {
      parts += [key, try builder.required(2)]
    } else {
      let size = builder.type(query).shape[2] / (heads + 2 * groups)
      parts = try builder.split(query, [heads * size, groups * size, groups * size], axis: 2)
    }
    let shape = builder.type(parts[0]).shape
    let lengths = try builder.reshape(try builder.required(5), [shape[0]])
    let ends = try builder.node(
      Add(), try builder.cast(lengths, .int64), builder.constant(.indices([1])))
    let starts = try builder.node(Sub(), ends, builder.constant(.indices([shape[1]])))
    if settings.flag("do_rotary") {
      for index in 0...1 {
        let places = builder.operand(9) ?? starts
        parts[index] = try builder.rotated(
          parts[index], places, try builder.required(7), try builder.required(8),
          heads: index == 0 ? heads : groups, dimension: 0,
          interleaved: settings.flag("rotary_interleaved"))
      }
    }
    let size = builder.type(parts[1]).shape[2] / groups
    let total = try self.total(builder, tokens: shape[1])
    var caches: [ValueID] = []
    for index in 1...2 {
      let new = try builder.transpose(
        try builder.reshape(parts[index], [shape[0], shape[1], groups, size]), [0, 2, 1, 3])
      caches.append(
        try written(new, builder.operand(index + 2), starts, total: total, &builder))
    }
    let queries = try builder.transpose(
      try builder.reshape(parts[0], [shape[0], shape[1], heads, shape[2] / heads]), [0, 2, 1, 3])
    var own: Attributes = ["is_causal": .int(1), "softcap": .float(settings.float("softcap"))]
    if let scale = attributes["scale"] { own["scale"] = scale }
    let window = settings.int("local_window_size")
    if window > 0 { own["left_window_size"] = .int(window - 1) }
    let y = try builder.add(
      Attention(attributes: own),
      [queries, caches[0], caches[1], builder.operand(10), nil, nil, ends]
    )[0]
    let ordered = try builder.transpose(y, [0, 2, 1, 3])
    builder.setResult(0, try builder.reshape(ordered, shape))
    builder.setResult(1, caches[0])
    builder.setResult(2, caches[1])
    return true
  }

  /// The length of the cache after the call.
  private func total(
    _ builder: DecompositionBuilder, tokens: Int
  ) throws(DiagnosticMessage) -> Int {
    let past = builder.operand(3).map { builder.type($0).shape.dropFirst(2).first ?? 0 } ?? 0
    let known = builder.context.known
    if known.count > 6, let total = known[6]?.integers?.first {
      guard total <= 1 << 24 else {
        throw .contrib("GroupQueryAttention", "a cache of \(total) tokens is not possible")
      }
      return max(past, total)
    }
    // Without it being known, the cache is one that holds all tokens that are to come.
    return max(past, tokens)
  }

  /// The cache with new tokens at the place of each sample.
  private func written(
    _ new: ValueID, _ past: ValueID?, _ starts: ValueID, total: Int,
    _ builder: inout DecompositionBuilder
  ) throws(DiagnosticMessage) -> ValueID {
    let shape = builder.type(new).shape
    guard var cache = past else {
      guard total > shape[2] else { return new }
      let zeros = builder.constant(
        .filled(0, builder.type(new).element, [shape[0], shape[1], total, shape[3]]))
      return try builder.node(TensorScatter(), zeros, new, starts)
    }
    let missing = total - builder.type(cache).shape[2]
    if missing > 0 {
      let zeros = builder.constant(
        .filled(0, builder.type(new).element, [shape[0], shape[1], missing, shape[3]]))
      cache = try builder.node(Concat(attributes: ["axis": .int(2)]), cache, zeros)
    }
    return try builder.node(TensorScatter(), cache, new, starts)
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
