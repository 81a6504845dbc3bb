/// Self-attention of BERT and GPT-2 with its projection (com.microsoft, opset 1).
package struct ContribAttention: Expansion {
  package static let schema = OperatorSchema(
    "Attention", domain: "com.microsoft", through: 1,
    operands: [
      "input", "weights", "bias?", "mask_index?", "past?", "attention_bias?",
      "past_sequence_length?",
    ], results: ["output", "present?"],
    attributes: [
      "do_rotary": .int(0), "mask_filter_value": .float(-10000), "num_heads": nil,
      "past_present_share_buffer": .int(0), "qkv_hidden_sizes": .ints([]),
      "rotary_embedding_dim": .int(0), "scale": nil, "unidirectional": .int(0),
    ],
    allowed: [
      "do_rotary": .integers(0...0), "past_present_share_buffer": .integers(0...0),
      "unidirectional": .flag,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// MatMul, Add, Split and Attention; a cache of both keys and values is taken apart and put together.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    let (x, weights) = (try builder.required(0), try builder.required(1))
    let heads = settings.int("num_heads")
    let (shape, columns) = (builder.type(x).shape, builder.type(weights).shape.last ?? 0)
    guard shape.count == 3, 1...(1 << 20) ~= heads else {
      throw .contrib("Attention", "the input must have three axes, and num_heads be positive")
    }
    var projected = try builder.node(MatMul(), x, weights)
    if let bias = builder.operand(2) { projected = try builder.node(Add(), projected, bias) }
    let given = settings.ints("qkv_hidden_sizes") ?? []
    let sizes = given.isEmpty ? [Int](repeating: columns / 3, count: 3) : given
    guard sizes.count == 3, sizes.allSatisfy({ $0 > 0 && $0 % heads == 0 }),
      sizes.reduce(0, &+) == columns
    else { throw .contrib("Attention", "\(columns) columns do not make queries, keys and values") }
    let parts = try builder.split(projected, sizes, axis: -1)
    let past = try builder.operand(4).map { value throws(DiagnosticMessage) in
      try cache(value, &builder)
    }
    let pastKeys = past.map { builder.type($0[0]).shape[2] } ?? 0
    let filter = settings.float("mask_filter_value")
    let mask = try builder.operand(3).map { mask throws(DiagnosticMessage) in
      try builder.keyMask(mask, batch: shape[0], keys: pastKeys + shape[1], filter: filter)
    }
    var own: Attributes = [
      "q_num_heads": .int(heads), "kv_num_heads": .int(heads),
      "is_causal": .int(settings.int("unidirectional")),
    ]
    if let scale = attributes["scale"] { own["scale"] = scale }
    let addend = try builder.joined(mask, builder.operand(5))
    let results = try builder.add(
      Attention(attributes: own), parts + [addend] + [past?[0], past?[1]], results: 3)
    builder.setResult(0, results[0])
    builder.setResult(1, try present(results, &builder))
    return true
  }

  private func cache(
    _ past: ValueID, _ builder: inout DecompositionBuilder
  ) throws(DiagnosticMessage) -> [ValueID] {
    let shape = builder.type(past).shape
    guard shape.count == 5, shape[0] == 2 else {
      throw .contrib("Attention", "a cache of shape \(shape) is not compiled")
    }
    var parts: [ValueID] = []
    for part in try builder.split(past, [1, 1], axis: 0) {
      parts.append(try builder.reshape(part, Array(shape.dropFirst())))
    }
    return parts
  }

  private func present(
    _ results: [ValueID], _ builder: inout DecompositionBuilder
  ) throws(DiagnosticMessage) -> ValueID {
    guard builder.wants(1) else { return results[0] }
    var parts: [ValueID] = []
    for part in results[1...2] {
      parts.append(try builder.reshape(part, [1] + builder.type(part).shape))
    }
    return try builder.add(Concat(attributes: ["axis": .int(0)]), parts)[0]
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
