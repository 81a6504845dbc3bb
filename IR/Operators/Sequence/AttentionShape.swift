/// The extents of an attention and its operands seen by batch, head, token and feature.
package struct AttentionShape {
  package let batch: Int
  package let queryHeads: Int
  package let keyHeads: Int
  package let queries: Int
  package let newKeys: Int
  package let pastKeys: Int
  package let keySize: Int
  package let valueSize: Int
  /// Whether heads and features share an axis.
  package let isFlat: Bool

  /// The number of keys, those of the cache included.
  package var keys: Int { pastKeys + newKeys }

  package init(
    _ context: InferenceContext, _ settings: Settings
  ) throws(DiagnosticMessage) {
    let (q, k, v) = (try context.real(0), try context.real(1), try context.real(2))
    let heads = (settings.int("q_num_heads"), settings.int("kv_num_heads"))
    isFlat = q.rank == 3
    guard 3...4 ~= q.rank, k.rank == q.rank, v.rank == q.rank else {
      throw DiagnosticMessage(
        "attention-rank", "Q, K and V must all have rank 3 or all rank 4",
        notes: ["Q is \(q)", "K is \(k)", "V is \(v)"])
    }
    guard !isFlat || heads.0 > 0 && heads.1 > 0 else {
      throw DiagnosticMessage(
        "attention-heads", "operands of rank 3 need q_num_heads and kv_num_heads")
    }
    let query = Self.split(q.shape, heads.0)
    let (key, value) = (Self.split(k.shape, heads.1), Self.split(v.shape, heads.1))
    pastKeys = context.has(4) ? (try context.real(4).shape.dropFirst(2).first ?? 0) : 0
    (batch, queryHeads, queries, keySize) = (query[0], query[1], query[2], query[3])
    (keyHeads, newKeys, valueSize) = (key[1], key[2], value[3])
    let isEven = !isFlat || q.shape[2] % heads.0 == 0 && v.shape[2] % heads.1 == 0
    guard isEven, keySize > 0, keyHeads > 0, queryHeads % keyHeads == 0, key[0] == batch,
      key[3] == keySize, Array(value[..<3]) == [batch, keyHeads, newKeys]
    else {
      throw DiagnosticMessage(
        "attention-shape", "Q, K and V disagree in batch, heads, tokens or features",
        notes: ["Q is \(q)", "K is \(k)", "V is \(v)"])
    }
    try check(context)
  }

  private func check(_ context: InferenceContext) throws(DiagnosticMessage) {
    let caches = [(4, keySize, "past_key"), (5, valueSize, "past_value")]
    for (index, size, name) in caches where context.has(4) || context.has(5) {
      let type = try context.real(index)
      guard type.shape == [batch, keyHeads, pastKeys, size] else {
        throw DiagnosticMessage(
          "attention-cache",
          "\(name) is \(type), but must be [\(batch), \(keyHeads), \(pastKeys), \(size)]")
      }
    }
    if context.has(6) {
      let type = try context.computable(6)
      guard type.shape == [batch], type.element.isInteger, !context.has(4) else {
        throw DiagnosticMessage(
          "attention-cache", "nonpad_kv_seqlen must be [\(batch)], without past_key",
          notes: ["nonpad_kv_seqlen is \(type)"])
      }
    }
    guard context.has(3) else { return }
    let mask = try context.computable(3)
    let full = [batch, queryHeads, queries]
    let fits = zip(mask.shape.dropLast().reversed(), full.reversed()).allSatisfy {
      $0 == 1 || $0 == $1
    }
    guard 1...4 ~= mask.rank, fits, (mask.shape.last ?? 0) <= keys else {
      throw DiagnosticMessage(
        "attention-mask", "attn_mask is \(mask) and does not broadcast to \(full + [keys])")
    }
  }

  private static func split(_ shape: [Int], _ heads: Int) -> [Int] {
    shape.count == 4 ? shape : [shape[0], heads, shape[1], shape[2] / max(heads, 1)]
  }

  /// An operand by batch, head, token and feature.
  package func split(_ view: TensorView, heads: Int) -> TensorView {
    guard isFlat else { return view }
    let size = view.shape[2] / heads
    return TensorView(
      view.buffer, [view.shape[0], heads, view.shape[1], size],
      strides: [view.strides[0], size * view.strides[2], view.strides[1], view.strides[2]],
      offset: view.offset)
  }

  /// The types of the results.
  package func types(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (q, v) = (try context.type(0).element, try context.type(2).element)
    let flat = [batch, queries, queryHeads * valueSize]
    return [
      TensorType(q, isFlat ? flat : [batch, queryHeads, queries, valueSize]),
      TensorType(try context.type(1).element, [batch, keyHeads, keys, keySize]),
      TensorType(v, [batch, keyHeads, keys, valueSize]),
      TensorType(q, [batch, queryHeads, queries, keys]),
    ]
  }
}
