internal import CoppiceIR
internal import CoppicePassManager

/// The operands of a convolution or product of quantized tensors.
struct QuantizedProduct {
  var x: QuantizedTensor
  var weight: QuantizedWeight
  /// The axis of the weight's output channels.
  var channelAxis: Int
  /// What is added to each output channel: a constant, or DequantizeLinear of one.
  var bias: ValueID?
}

/// Why something stays in float.
struct FoldingRefusal: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

extension Graph {
  /// A convolution between DequantizeLinear and QuantizeLinear as QLinearConv.
  mutating func foldConvolution(
    _ region: QuantizedRegion, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    let node = self[region.head]
    return try foldConvolution(region, node, bias: node.operand(2), by: edit)
  }

  private mutating func foldConvolution(
    _ region: QuantizedRegion, _ node: Node, bias: ValueID?, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    let product = try product(node, x: 0, w: 1, channelAxis: 0, bias: bias)
    let bias = try integerBias(product)
    var attributes = node.op.attributes
    for (name, value) in bounds(region).given { attributes[name] = value }
    let operands = operands(product, product.weight.value, region, bias, by: edit)
    return try add(QLinearConv(attributes: attributes), for: region, operands, by: edit)
  }

  /// A product, with or without a sum behind it, as QLinearMatMul.
  mutating func foldProduct(
    _ region: QuantizedRegion, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    let node = self[region.head]
    if dequantized(node.operand(1)) != nil, quantizedWeight(node.operand(1)) == nil,
      let a = dequantized(node.operand(0)), let b = dequantized(node.operand(1))
    {
      return try foldActivations(region, a, b, by: edit)
    }
    return try foldProduct(region, node, bias: nil, by: edit)
  }

  /// Gemm without factors and with the left operand as it is.
  mutating func foldGemm(
    _ region: QuantizedRegion, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    let node = self[region.head]
    let settings = node.op.settings
    guard settings.float("alpha") == 1, settings.float("beta") == 1,
      !settings.flag("transA")
    else { throw FoldingRefusal("Gemm has factors or turns its left operand") }
    return try foldProduct(
      region, node, bias: node.operand(2), isTurned: settings.flag("transB"), by: edit)
  }

  /// A convolution or product whose bias is an addend of its own.
  mutating func foldAddend(
    _ region: QuantizedRegion, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID? {
    for (index, other) in [(0, 1), (1, 0)] {
      let sum = self[region.head]
      guard let inner = onlyProducer(sum.operand(index)), isKnown(sum.operand(other)),
        let type = sum.operand(index).map({ self[$0].type }), type.rank >= 2,
        let addend = sum.operand(other).map({ self[$0].type.shape })
      else { continue }
      let node = self[inner]
      let isConvolution = node.op is Conv
      guard isConvolution && node.operand(2) == nil || node.op is MatMul else { continue }
      let axis = isConvolution ? 1 : type.rank - 1
      let own = type.rank - addend.count
      let isAlong = addend.indices.allSatisfy { addend[$0] == 1 || $0 + own == axis }
      guard isAlong, own >= 0 else { continue }
      let bias = sum.operand(other)
      return isConvolution
        ? try foldConvolution(region, node, bias: bias, by: edit)
        : try foldProduct(region, node, bias: bias, by: edit)
    }
    return nil
  }

  private func isKnown(_ value: ValueID?) -> Bool {
    guard let value else { return false }
    return constant(value) != nil
      || producer(value).map {
        self[$0].op is DequantizeLinear && constant(self[$0].operand(0)) != nil
      } ?? false
  }

  private mutating func foldActivations(
    _ region: QuantizedRegion, _ a: QuantizedTensor, _ b: QuantizedTensor, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    let operands = operands(a, b, by: edit) + gridOperands(region.target, by: edit)
    let op = QLinearMatMul(attributes: bounds(region))
    let depth = self[a.value].type.shape.last ?? 1
    guard depth < 1 << 15 else { throw FoldingRefusal("its sums might not fit into int32") }
    return try add(op, for: region, operands, by: edit)
  }

  private mutating func foldProduct(
    _ region: QuantizedRegion, _ node: Node, bias: ValueID?, isTurned: Bool = false, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    let rank = node.operand(1).map { self[$0].type.rank } ?? 0
    guard rank >= 2 else { throw FoldingRefusal("its weight is no matrix") }
    let axis = isTurned ? 0 : rank - 1
    let product = try product(node, x: 0, w: 1, channelAxis: axis, bias: bias)
    let bias = try integerBias(product)
    var weight = product.weight.value
    if isTurned {
      let context = InferenceContext(
        operands: [product.weight.constant.type], known: [product.weight.constant])
      guard let turned = try? Interpreter.evaluate(op: Transpose(), context: context).first else {
        throw FoldingRefusal("its weight cannot be turned")
      }
      weight = addConstant(turned, name: self[weight].name + "/turned", by: edit)
    }
    let operands = operands(product, weight, region, bias, by: edit)
    return try add(
      QLinearMatMul(attributes: bounds(region)), for: region, operands, by: edit)
  }

  func bounds(_ region: QuantizedRegion) -> Attributes {
    Requantization(.onnx, bounds: region.bounds).attributes(region.target.grid.element)
  }

  private func product(
    _ node: Node, x: Int, w: Int, channelAxis: Int, bias: ValueID?
  ) throws(FoldingRefusal) -> QuantizedProduct {
    guard let input = dequantized(node.operand(x)) else {
      throw FoldingRefusal("its input is not quantized with one scale")
    }
    guard let weight = quantizedWeight(node.operand(w)) else {
      throw FoldingRefusal("its weight is no constant of 8-bit integers")
    }
    let isPerChannel =
      weight.axis == channelAxis
      && weight.scales.count == weight.constant.type.shape[channelAxis]
    guard weight.scales.count == 1 || isPerChannel else {
      throw FoldingRefusal("the scales of its weight do not go along its output channels")
    }
    return QuantizedProduct(x: input, weight: weight, channelAxis: channelAxis, bias: bias)
  }

  private mutating func operands(
    _ product: QuantizedProduct, _ weight: ValueID, _ region: QuantizedRegion, _ bias: Constant?,
    by edit: Edit
  ) -> [ValueID?] {
    let (name, count) = (self[region.head].name, product.weight.scales.count)
    let shape = count == 1 ? [] : [count]
    let scale = addConstant(
      Constant(product.weight.scales, .float32, shape), name: name + "/w_scale", by: edit)
    let element = product.weight.constant.type.element
    let zeros = product.weight.zeroPoints
    let only = zeros.allSatisfy { $0 == zeros[0] }
    let bits = (only ? [zeros[0]] : zeros).map { UInt8(truncatingIfNeeded: $0) }
    let zero = addConstant(
      Constant(bits, element, only ? [] : shape), name: name + "/w_zero_point", by: edit)
    var operands = operands(product.x, by: edit)
    operands += [weight, scale, zero]
    operands += gridOperands(region.target, by: edit)
    if let bias { operands.append(addConstant(bias, name: name + "/bias", by: edit)) }
    return operands
  }
}

// MARK: - Biases

extension Graph {
  /// The bias in int32 with the scale of the products, and the proof that no sum leaves int32.
  private func integerBias(_ product: QuantizedProduct) throws(FoldingRefusal) -> Constant? {
    let shape = product.weight.constant.type.shape
    let channels = shape[product.channelAxis]
    var bias: [Int]?
    if let value = product.bias { bias = try integers(value, channels, product) }
    let sums = product.weight.magnitudes(along: product.channelAxis)
    for (channel, sum) in sums.enumerated() {
      guard sum * 255 + abs(bias?[channel] ?? 0) < 1 << 31 else {
        throw FoldingRefusal("sums of output channel \(channel) might not fit into int32")
      }
    }
    return bias.map { Constant($0.map { Int32($0) }, .int32, [channels]) }
  }

  private func integers(
    _ value: ValueID, _ channels: Int, _ product: QuantizedProduct
  ) throws(FoldingRefusal) -> [Int] {
    let scales = product.weight.scales.map { product.x.grid.scale * $0 }
    let real: [Double]
    if let known = constant(value) {
      real = known.numbers
    } else if let id = producer(value), self[id].op is DequantizeLinear,
      let integers = constant(self[id].operand(0))?.integers,
      let own = constant(self[id].operand(1))?.numbers,
      constant(self[id].operand(2))?.integers?.allSatisfy({ $0 == 0 }) ?? true,
      own.count == 1 || own.count == integers.count
    {
      if integers.count == channels,
        integers.indices.allSatisfy({
          Float(own[own.count == 1 ? 0 : $0]).isNear(scales[scales.count == 1 ? 0 : $0])
        })
      {
        return integers
      }
      real = integers.indices.map { Double(integers[$0]) * own[own.count == 1 ? 0 : $0] }
    } else {
      throw FoldingRefusal("its bias is not known")
    }
    guard real.count == 1 || real.count == channels else {
      throw FoldingRefusal("its bias does not go along its output channels")
    }
    return try (0..<channels).map { (channel) throws(FoldingRefusal) -> Int in
      let place =
        (real[real.count == 1 ? 0 : channel]
        / Double(scales[scales.count == 1 ? 0 : channel])).rounded()
      guard place.magnitude < 0x1p31 else {
        throw FoldingRefusal("its bias does not fit into int32 with the scale of its products")
      }
      return Int(place)
    }
  }
}

extension Float {
  /// Equal but for rounding.
  fileprivate func isNear(_ other: Float) -> Bool {
    (self - other).magnitude <= Swift.max(magnitude, other.magnitude) * 0x1p-20
  }
}

extension QuantizedWeight {
  /// For each index of an axis the sum of the magnitudes of the integers, zero point taken off.
  func magnitudes(along axis: Int) -> [Int] {
    let shape = constant.type.shape
    let stride = max(rowMajorStrides(shape)[axis], 1)
    var sums = [Int](repeating: 0, count: shape[axis])
    for (index, number) in (constant.integers ?? []).enumerated() {
      let channel = index / stride % shape[axis]
      sums[channel] += abs(number - zeroPoints[zeroPoints.count == 1 ? 0 : channel])
    }
    return sums
  }
}
