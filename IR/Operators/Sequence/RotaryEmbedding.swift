/// Pairs of features turned by angles that depend on the token's position.
package struct RotaryEmbedding: Operator {
  package static let schema = OperatorSchema(
    "RotaryEmbedding", since: 23, operands: ["X", "cos_cache", "sin_cache", "position_ids?"],
    attributes: ["interleaved": .int(0), "num_heads": nil, "rotary_embedding_dim": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// The number of features of a head.
  private func headSize(_ x: [Int]) throws(DiagnosticMessage) -> Int {
    let heads = settings.int("num_heads")
    guard x.count == 4 || x.count == 3 && heads > 0 && x[2] % heads == 0 else {
      throw DiagnosticMessage(
        "rotary-shape", "X of shape \(x) must have rank 4, or rank 3 and num_heads dividing it")
    }
    return x.count == 4 ? x[3] : x[2] / heads
  }

  private func turned(_ size: Int) throws(DiagnosticMessage) -> Int {
    let wanted = settings.int("rotary_embedding_dim")
    let turned = wanted == 0 ? size : wanted
    guard 0...size ~= turned, turned % 2 == 0 else {
      throw DiagnosticMessage(
        "rotary-shape", "\(turned) of \(size) features cannot be turned in pairs")
    }
    return turned
  }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, cosine, sine) = (try context.real(0), try context.real(1), try context.real(2))
    let half = try turned(headSize(x.shape)) / 2
    let (batch, tokens) = (x.shape[0], x.rank == 4 ? x.shape[2] : x.shape[1])
    let hasPositions = context.has(3)
    let expected = hasPositions ? [cosine.shape.first ?? 0, half] : [batch, tokens, half]
    let positions = hasPositions ? try context.computable(3).shape : [batch, tokens]
    guard cosine.shape == sine.shape, cosine.shape == expected, positions == [batch, tokens]
    else {
      throw DiagnosticMessage(
        "rotary-shape", "the caches must be \(expected) and positions [\(batch), \(tokens)]",
        notes: ["X is \(x)", "cos_cache is \(cosine)", "sin_cache is \(sine)"])
    }
    return [TensorType(x.element, x.shape)]
  }

  /// One pass over the features; positions are limited to the cache.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let (cosine, sine) = (try builder.operand(1), try builder.operand(2))
    let size = try headSize(x.shape)
    let half = try turned(size) / 2
    let heads = x.rank == 4 ? x.shape[1] : x.shape[2] / max(size, 1)
    let (batch, tokens) = (x.shape[0], x.rank == 4 ? x.shape[2] : x.shape[1])
    let positions = builder.operandIfAny(3)
    builder.loops([batch, tokens, heads]) { part in
      let place = { (feature: Expr) in
        x.rank == 4
          ? [part[0], part[2], part[1], feature] : [part[0], part[1], part[2] * size + feature]
      }
      var row = [part[0], part[1]]
      if let positions {
        let wanted = positions[[part[0], part[1]]].converted(to: .index)
        let last = Expr.integer(max(cosine.shape[0] - 1, 0))
        row = [builder.define("row", wanted.maximum(.integer(0)).minimum(last))]
      }
      builder.loop("d", half) { pair in
        let (first, second) = members(pair, half)
        let a = builder.define("a", x[place(first)])
        let b = builder.define("b", x[place(second)])
        let c = builder.define("c", cosine[row + [pair]].converted(to: x.element))
        let s = builder.define("s", sine[row + [pair]].converted(to: x.element))
        builder.store(c * a - s * b, to: y, at: place(first))
        builder.store(s * a + c * b, to: y, at: place(second))
      }
      builder.loop("d", from: .integer(2 * half), to: .integer(size)) { feature in
        builder.store(x[place(feature)], to: y, at: place(feature))
      }
    }
  }

  private func members(_ pair: Expr, _ half: Int) -> (Expr, Expr) {
    settings.flag("interleaved") ? (pair * 2, pair * 2 + 1) : (pair, pair + half)
  }
}
