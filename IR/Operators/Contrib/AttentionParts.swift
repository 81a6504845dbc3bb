extension DecompositionBuilder {
  /// Features turned by the angles of their tokens' positions.
  ///
  /// - Parameters:
  ///   - x: By batch, token and feature, or by batch, head, token and feature.
  ///   - positions: One for each token, or that of each first token.
  ///   - cosine: The cache of cosines.
  ///   - sine: The cache of sines.
  ///   - heads: The number of heads; 0 where the cache shows it.
  ///   - dimension: How many features are turned; 0 for all.
  ///   - interleaved: Whether neighbours are turned together.
  /// - Returns: The turned features.
  /// - Throws: `contrib-form`, and what inference of the nodes throws.
  mutating func rotated(
    _ x: ValueID, _ positions: ValueID, _ cosine: ValueID, _ sine: ValueID, heads: Int,
    dimension: Int, interleaved: Bool
  ) throws(DiagnosticMessage) -> ValueID {
    let (shape, cache) = (type(x).shape, type(cosine).shape)
    guard shape.count == 3 || shape.count == 4, cache.count == 2 else {
      throw .contrib("RotaryEmbedding", "operands of these ranks are not compiled")
    }
    let (batch, tokens) = (shape[0], shape[shape.count - 2])
    let size = 2 * cache[1]
    var attributes: Attributes = [
      "interleaved": .int(interleaved ? 1 : 0), "rotary_embedding_dim": .int(dimension),
    ]
    if shape.count == 3 {
      attributes["num_heads"] = .int(heads > 0 ? heads : shape[2] / max(size, 1))
    }
    let places = try self.positions(positions, batch: batch, tokens: tokens)
    return try node(RotaryEmbedding(attributes: attributes), x, cosine, sine, places)
  }

  /// Positions of all tokens from those of the first.
  mutating func positions(
    _ given: ValueID, batch: Int, tokens: Int
  ) throws(DiagnosticMessage) -> ValueID {
    if type(given).shape == [batch, tokens], tokens > 1 || batch > 1 { return given }
    guard product([batch, tokens]).value <= 1 << 24,
      type(given).count == 1 || type(given).count == batch
    else {
      throw .contrib("RotaryEmbedding", "positions of shape \(type(given).shape) are not compiled")
    }
    let first = try reshape(given, type(given).count == batch ? [batch, 1] : [1, 1])
    let steps = (0..<(batch * tokens)).map { Int64($0 % max(tokens, 1)) }
    let wide = try cast(first, .int64)
    return try node(Add(), wide, constant(Constant(steps, .int64, [batch, tokens])))
  }

  /// What a mask of int32 adds to the scores: nothing where it is positive, else a number.
  ///
  /// - Parameters:
  ///   - mask: Lengths (and starts) of the samples, or a flag for each key.
  ///   - batch: The number of samples.
  ///   - keys: The number of keys.
  ///   - filter: What is added elsewhere.
  /// - Returns: A float32 that broadcasts to batch, head, query and key.
  /// - Throws: `contrib-form` for other shapes.
  mutating func keyMask(
    _ mask: ValueID, batch: Int, keys: Int, filter: Float
  ) throws(DiagnosticMessage) -> ValueID {
    let shape = type(mask).shape
    let open: ValueID
    switch shape {
    case [batch, keys]: open = try positive(try reshape(mask, [batch, 1, 1, keys]))
    case _ where shape.count == 3 && shape[0] == batch && shape[2] == keys:
      open = try positive(try reshape(mask, [batch, 1, shape[1], keys]))
    case _ where shape.count == 4 && shape[3] == keys: open = try positive(mask)
    case [batch] where keys <= 1 << 24, [2 * batch] where keys <= 1 << 24:
      let places = constant(Constant((0..<keys).map(Int32.init), .int32, [1, keys]))
      let parts =
        shape == [batch] ? [mask] : try split(mask, [batch, batch], axis: 0)
      var inside = try node(Less(), places, try reshape(parts[0], [batch, 1]))
      if parts.count > 1 {
        let after = try node(GreaterOrEqual(), places, try reshape(parts[1], [batch, 1]))
        inside = try node(And(), inside, after)
      }
      open = try reshape(inside, [batch, 1, 1, keys])
    default:
      throw .contrib("Attention", "a mask of shape \(shape) is not compiled")
    }
    return try node(Where(), open, scalar(0, .float32), scalar(Double(filter), .float32))
  }

  private mutating func positive(_ mask: ValueID) throws(DiagnosticMessage) -> ValueID {
    if type(mask).element == .bool { return mask }
    return try node(Greater(), mask, scalar(0, type(mask).element))
  }

  /// The sum of two addends of the scores, of which either may be missing.
  mutating func joined(_ mask: ValueID?, _ bias: ValueID?) throws(DiagnosticMessage) -> ValueID? {
    guard let mask, let bias else { return mask ?? bias }
    return try node(Add(), mask, bias)
  }

  /// The sum of operands 0 and 1 and, where it is there, a bias.
  mutating func skipSum(bias: Int) throws(DiagnosticMessage) -> ValueID {
    let sum = try node(Add(), try required(0), try required(1))
    guard let bias = operand(bias) else { return sum }
    return try node(Add(), sum, bias)
  }
}
