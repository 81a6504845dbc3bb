/// What the integers of a weight stand for: `(q - zero point) * scale`, where the zero point is what
/// pruning leaves.
public struct WeightQuantization: Hashable, Sendable {
  /// One scale, or one for each index of `axis`.
  public var scales: [Float]
  /// One zero point, or one for each index of `axis`.
  public var zeroPoints: [Int]
  /// The axis of the weight that they run along.
  public var axis: Int

  /// What the integers stand for, as float32.
  ///
  /// - Parameter constant: Of integers.
  /// - Returns: A dense constant; `nil` where shapes do not fit.
  public func real(_ constant: Constant) -> Constant? {
    guard let integers = constant.integers, let stride = stride(constant.type) else { return nil }
    let real = integers.enumerated().map { index, number in
      Float(number - zeroPoint(index, stride))
        * scales[scales.count == 1 ? 0 : index / stride % scales.count]
    }
    return Constant(real, .float32, constant.type.shape)
  }

  /// The integers with what stands for zero wherever the real numbers are zero.
  ///
  /// - Parameters:
  ///   - constant: Of 8-bit integers.
  ///   - real: Float32 of the same shape.
  /// - Returns: A dense constant; `nil` where shapes do not fit.
  public func clearing(_ constant: Constant, where real: Constant) -> Constant? {
    guard var integers = constant.integers, let stride = stride(constant.type),
      real.type.shape == constant.type.shape
    else { return nil }
    for (index, number) in real.numbers.enumerated() where number == 0 {
      integers[index] = zeroPoint(index, stride)
    }
    return Constant(
      integers.map { UInt8(truncatingIfNeeded: $0) }, constant.type.element, constant.type.shape)
  }

  private func zeroPoint(_ index: Int, _ stride: Int) -> Int {
    zeroPoints[zeroPoints.count == 1 ? 0 : index / stride % zeroPoints.count]
  }

  /// The distance of neighbours along the axis.
  private func stride(_ type: TensorType) -> Int? {
    if scales.count == 1, zeroPoints.count == 1 { return 1 }
    guard type.shape.indices.contains(axis) else { return nil }
    let extent = type.shape[axis]
    guard scales.count == 1 || scales.count == extent,
      zeroPoints.count == 1 || zeroPoints.count == extent
    else { return nil }
    return max(rowMajorStrides(type.shape)[axis], 1)
  }
}

extension Graph {
  /// What the 8-bit integers of a weight stand for.
  ///
  /// - Parameter weight: Of this graph.
  /// - Returns: `nil` for other elements, and where readers disagree or scales are not known or
  ///   stand for blocks.
  public func quantization(of weight: Weight) -> WeightQuantization? {
    quantization(weight.value, weight.readers)
  }

  func quantization(_ value: ValueID, _ readers: [Weight.Reader]) -> WeightQuantization? {
    let type = self[value].type
    guard type.element == .int8 || type.element == .uint8 else { return nil }
    var found: WeightQuantization?
    for reader in readers {
      guard let own = quantization(reader, type), found == nil || found == own else { return nil }
      found = own
    }
    return found
  }

  private func quantization(_ reader: Weight.Reader, _ type: TensorType) -> WeightQuantization? {
    let rank = type.rank
    if let place = reader.carriers.lastIndex(where: { self[$0].op is DequantizeLinear }) {
      let node = self[reader.carriers[place]]
      guard node.op.settings.int("block_size") == 0, let scale = constant(node.operand(1))
      else { return nil }
      let axis = node.op.settings.int("axis")
      return quantization(
        scale, node.operand(2), axis: axis < 0 ? axis + rank : axis,
        isDirect: place == reader.carriers.count - 1)
    }
    guard let axis = reader.reading.rowAxis, let zero = reader.reading.zeroPoint else { return nil }
    let scale = reader.reading.scale.map { constant(self[reader.node].operand($0)) }
    guard let known = scale ?? .filled(1, .float32, []) else { return nil }
    return quantization(
      known, self[reader.node].operand(zero), axis: axis, isDirect: reader.carriers.isEmpty)
  }

  private func quantization(
    _ scale: Constant, _ zeroPoint: ValueID?, axis: Int, isDirect: Bool
  ) -> WeightQuantization? {
    let zeros = zeroPoint == nil ? [0] : constant(zeroPoint)?.integers
    let scales = scale.numbers.map { Float($0) }
    guard let zeros, scales.allSatisfy({ $0.isFinite && $0 > 0 }), !scales.isEmpty, !zeros.isEmpty,
      isDirect || scales.count == 1 && zeros.count == 1
    else { return nil }
    return WeightQuantization(scales: scales, zeroPoints: zeros, axis: axis)
  }
}
