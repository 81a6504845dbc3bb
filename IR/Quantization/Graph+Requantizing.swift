/// A node that requantizes, and where its two forms differ.
public struct RequantizingNode: Hashable, Sendable {
  /// The node.
  public var node: NodeID
  /// The arithmetic that it has.
  public var form: Requantization.Form
  /// Where `fast` differs from `onnx`; `nil` where that cannot be told.
  public var proof: RequantizationProof?
}

extension Graph {
  /// The nodes that requantize sums, products and means, with the proof for each, in order.
  ///
  /// - Returns: Also those in nested bodies and fused nodes.
  /// - Complexity: O(weights).
  public func requantizingNodes() -> [RequantizingNode] {
    allNodes.compactMap { id in
      guard let form = requantization(id)?.form else { return nil }
      return RequantizingNode(node: id, form: form, proof: requantizationProof(id))
    }
  }

  /// How a node requantizes, if it does in either form.
  ///
  /// - Parameter id: Of this graph.
  /// - Returns: Form and bounds.
  public func requantization(_ id: NodeID) -> Requantization? {
    let op = self[id].op
    let isOne = op is QLinearConv || op is QLinearMatMul || op is any QuantizedPair
    guard isOne || op is any QuantizedPooling, let result = self[id].result else { return nil }
    return try? Requantization(op.settings, self[result].type.element)
  }

  /// Where `fast` differs from `onnx` in a node that requantizes.
  ///
  /// - Parameter id: Of this graph.
  /// - Returns: `nil` where operands are not known or `fast` is not possible.
  public func requantizationProof(_ id: NodeID) -> RequantizationProof? {
    guard let requantization = requantization(id) else { return nil }
    let context = inferenceContext(id)
    switch self[id].op {
    case is QLinearConv, is QLinearMatMul: return sums(id, context, requantization)
    case let op as any QuantizedPair: return pairs(op, context, requantization)
    case let op as any QuantizedPooling: return means(op, context, requantization)
    default: return nil
    }
  }

  /// The sums that each output channel of a convolution or product can have.
  ///
  /// - Parameter id: A QLinearConv or QLinearMatMul.
  /// - Returns: A range for each channel; `nil` where weights or zero points are not known.
  public func reachableSums(_ id: NodeID) -> [ClosedRange<Int>]? {
    let node = self[id]
    guard let x = node.operand(0).map({ self[$0].type }), let weight = constant(node.operand(3)),
      let zeroX = constant(node.operand(2))?.onlyNumber.map({ Int($0) }),
      let zeroW = constant(node.operand(5))?.integers, let integers = weight.integers
    else { return nil }
    let shape = weight.type.shape
    let axis = node.op is QLinearConv ? 0 : shape.count - 1
    guard shape.count >= 2, zeroW.count == 1 || zeroW.count == shape[axis] else { return nil }
    let (most, least) = (x.element.bytes.upperBound - zeroX, x.element.bytes.lowerBound - zeroX)
    let stride = max(rowMajorStrides(shape)[axis], 1)
    var (low, high) = ([Int](repeating: 0, count: shape[axis]), [0])
    high = low
    let perMatrix = node.op is QLinearMatMul ? product(shape.suffix(2).map { $0 }).value : 0
    guard perMatrix == 0 || integers.count == perMatrix else { return nil }
    for (index, number) in integers.enumerated() {
      let channel = index / stride % shape[axis]
      let value = number - zeroW[zeroW.count == 1 ? 0 : channel]
      low[channel] += value < 0 ? value * most : value * least
      high[channel] += value < 0 ? value * least : value * most
    }
    if node.operand(8) != nil {
      guard let bias = constant(node.operand(8))?.integers, bias.count == low.count else {
        return nil
      }
      for channel in bias.indices {
        low[channel] += bias[channel]
        high[channel] += bias[channel]
      }
    }
    return zip(low, high).map { $0...$1 }
  }

  private func sums(
    _ id: NodeID, _ context: InferenceContext, _ requantization: Requantization
  ) -> RequantizationProof? {
    guard let scales = context.requantizationScales((1, 4, 6)),
      let zero = constant(self[id].operand(7))?.onlyNumber
    else { return nil }
    var proof = RequantizationProof()
    guard let sums = reachableSums(id) else { return nil }
    let limit = 1 << (31 - scales[0].shift)
    for (channel, range) in sums.enumerated() {
      guard range.lowerBound > -limit, range.upperBound < limit else { return nil }
      proof.add(
        scales[scales.count == 1 ? 0 : channel], zeroPoint: Int(zero),
        bounds: requantization.bounds, sums: range)
    }
    return proof
  }

  private func pairs(
    _ op: any QuantizedPair, _ context: InferenceContext, _ requantization: Requantization
  ) -> RequantizationProof? {
    guard let grids = try? QuantizedPairGrids(context), let fast = op.model(grids) else {
      return nil
    }
    let range = grids.a.range
    let (left, right) = (range.map { grids.a.real($0) }, range.map { grids.b.real($0) })
    let isProduct = op is QLinearMul
    var differing = 0
    for (i, a) in left.enumerated() {
      for (j, b) in right.enumerated() {
        let whole = fast(range.lowerBound + i, range.lowerBound + j)
        let real = grids.y.quantized(isProduct ? a * b : a + b)
        if requantization.clamped(whole) != requantization.clamped(real) { differing += 1 }
      }
    }
    var proof = RequantizationProof()
    proof.add(channels: 1, differing: differing)
    return proof
  }

  private func means(
    _ op: any QuantizedPooling, _ context: InferenceContext, _ requantization: Requantization
  ) -> RequantizationProof? {
    guard let grids = try? op.grids(context), let counts = op.counts(context),
      let scales = QuantizedMean(x: grids.x, y: grids.y).scales(counts)
    else { return nil }
    var proof = RequantizationProof()
    for (count, scale) in zip(counts, scales) {
      let least = (grids.x.range.lowerBound - grids.x.zeroPoint) * count
      let most = (grids.x.range.upperBound - grids.x.zeroPoint) * count
      proof.add(
        scale, zeroPoint: grids.y.zeroPoint, bounds: requantization.bounds, sums: least...most)
    }
    return proof
  }
}

extension Requantization {
  /// An integer kept in the bounds.
  func clamped(_ integer: Int) -> Int {
    min(max(integer, bounds.lowerBound), bounds.upperBound)
  }
}

extension QuantizedPair {
  /// What the loops in integers compute, before clamping.
  func model(_ grids: QuantizedPairGrids) -> ((_ a: Int, _ b: Int) -> Int)? {
    if self is QLinearMul {
      guard let scale = QLinearMul.scale(grids) else { return nil }
      return { a, b in
        let product = (a - grids.a.zeroPoint) * (b - grids.b.zeroPoint) << scale.shift
        return (product * Int(scale.multiplier) + 1 << 31) >> 32 + grids.y.zeroPoint
      }
    }
    return SumCoefficients(a: grids.a, b: grids.b, y: grids.y).map { sum in
      { a, b in sum.sum(a, b) }
    }
  }
}

extension QuantizedPooling {
  /// How many integers a mean may be of.
  func counts(_ context: InferenceContext) -> [Int]? {
    guard let x = try? context.type(0) else { return nil }
    let shape = channelsFirst(x.shape)
    guard let pool = self as? QLinearAveragePool else {
      return [max(product(Array(shape[2...])).value, 1)]
    }
    return pool.counts(TensorType(x.element, shape))
  }

  /// Whether the noise of a float sum may decide what is stored: a mean that some sum has lies so
  /// close to the middle between two integers.
  ///
  /// - Parameters:
  ///   - context: The operands.
  ///   - isStrict: Whether any noise counts, or exact ties alone.
  /// - Returns: Also `true` where that cannot be told.
  package func reachesTies(_ context: InferenceContext, isStrict: Bool) -> Bool {
    guard let grids = try? grids(context), let counts = counts(context) else { return true }
    for count in counts {
      guard count <= 1 << 16 else { return true }
      let factor = Double(grids.x.scale) / (Double(grids.y.scale) * Double(count))
      let noise = isStrict ? Double(count + 4) * 0x1p-24 : 0x1p-46
      let least = (grids.x.range.lowerBound - grids.x.zeroPoint) * count
      let most = (grids.x.range.upperBound - grids.x.zeroPoint) * count
      for sum in least...most {
        let mean = Double(sum) * factor
        if mean.magnitude > 512 { continue }
        let distance = ((mean - mean.rounded(.down)) - 0.5).magnitude
        if distance <= noise * max(mean.magnitude, 1) { return true }
      }
    }
    return false
  }
}

extension Graph {
  /// Whether noise decides what a mean is rounded to, for some operand.
  ///
  /// - Parameters:
  ///   - id: A pool of quantized tensors.
  ///   - isStrict: Whether any noise of float sums counts, or exact ties alone.
  /// - Returns: `false` for other operators.
  public func reachesTies(_ id: NodeID, isStrict: Bool) -> Bool {
    guard let op = self[id].op as? any QuantizedPooling else { return false }
    return op.reachesTies(inferenceContext(id), isStrict: isStrict)
  }
}

extension QLinearAveragePool {
  /// How many integers the mean of a window may be of.
  fileprivate func counts(_ type: TensorType) -> [Int]? {
    guard let window = try? SpatialWindow(pooling: settings, type) else { return nil }
    let whole = product(window.kernel).value
    let isEven = (window.begin + window.end).allSatisfy { $0 == 0 } && !settings.flag("ceil_mode")
    return isEven || settings.flag("count_include_pad") && !settings.flag("ceil_mode")
      ? [whole] : whole <= 4096 ? Array(1...max(whole, 1)) : nil
  }
}
