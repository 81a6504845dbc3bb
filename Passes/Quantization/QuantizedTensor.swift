internal import CoppiceIR

/// A tensor of 8-bit integers with one scale, and the operands that say what it stands for.
struct QuantizedTensor {
  let value: ValueID
  let scale: ValueID
  let zeroPoint: ValueID?
  let grid: QuantizedGrid
}

/// A constant of 8-bit integers behind DequantizeLinear, with one scale or one for each index of an
/// axis.
struct QuantizedWeight {
  let constant: Constant
  let value: ValueID
  let scales: [Float]
  let zeroPoints: [Int]
  let axis: Int
}

extension Graph {
  /// What a value stands for that DequantizeLinear computes from 8-bit integers with one known scale.
  func dequantized(_ value: ValueID?) -> QuantizedTensor? {
    guard let value, let id = producer(value), self[id].op is DequantizeLinear,
      self[value].type.element == .float32, let source = self[id].operand(0),
      let (scale, zeroPoint, grid) = grid(of: id, self[source].type.element)
    else { return nil }
    return QuantizedTensor(value: source, scale: scale, zeroPoint: zeroPoint, grid: grid)
  }

  /// The grid that a QuantizeLinear of float32 rounds to, where that is one and known.
  func quantizer(_ id: NodeID) -> QuantizedTensor? {
    guard self[id].op is QuantizeLinear, let result = self[id].result,
      let x = self[id].operand(0), self[x].type.element == .float32,
      let (scale, zeroPoint, grid) = grid(of: id, self[result].type.element)
    else { return nil }
    return QuantizedTensor(value: result, scale: scale, zeroPoint: zeroPoint, grid: grid)
  }

  private func grid(
    of id: NodeID, _ element: ElementType
  ) -> (scale: ValueID, zeroPoint: ValueID?, grid: QuantizedGrid)? {
    guard element == .int8 || element == .uint8, let scale = self[id].operand(1),
      let factor = constant(scale), factor.type.count == 1, factor.type.element == .float32
    else { return nil }
    var zero = 0
    if let operand = self[id].operand(2) {
      guard let known = constant(operand), known.type.count == 1, known.type.element == element,
        let only = known.integers?.first
      else { return nil }
      zero = only
    }
    let number = Float(factor.number(at: 0))
    guard number.isNormal, number > 0 else { return nil }
    return (
      scale, self[id].operand(2), QuantizedGrid(scale: number, zeroPoint: zero, element: element)
    )
  }

  /// The weight that DequantizeLinear makes of a constant of 8-bit integers.
  func quantizedWeight(_ value: ValueID?) -> QuantizedWeight? {
    guard let value, let id = producer(value), self[id].op is DequantizeLinear,
      self[value].type.element == .float32, let source = self[id].operand(0),
      let integers = constant(source), let scale = constant(self[id].operand(1)),
      integers.type.element == .int8 || integers.type.element == .uint8,
      scale.type.element == .float32, self[id].op.settings.int("block_size") == 0
    else { return nil }
    let scales = scale.numbers.map { Float($0) }
    let zeroPoint = self[id].operand(2)
    let zeros = zeroPoint == nil ? [0] : constant(zeroPoint)?.integers
    let axis = self[id].op.settings.int("axis")
    guard let zeros, zeros.count == 1 || zeros.count == scales.count,
      scales.allSatisfy({ $0.isFinite && $0 > 0 })
    else { return nil }
    return QuantizedWeight(
      constant: integers, value: source, scales: scales, zeroPoints: zeros,
      axis: axis < 0 ? axis + integers.type.rank : axis)
  }

  /// A constant for a zero point that a node leaves out.
  mutating func zeroPoint(_ tensor: QuantizedTensor, by edit: Edit) -> ValueID {
    tensor.zeroPoint
      ?? addConstant(
        .scalar(0, tensor.grid.element), name: self[tensor.value].name + "/zero_point", by: edit)
  }

  /// Tensors with their scales and zero points as operands.
  mutating func operands(_ tensors: QuantizedTensor..., by edit: Edit) -> [ValueID?] {
    var operands: [ValueID?] = []
    for tensor in tensors {
      operands.append(tensor.value)
      operands += gridOperands(tensor, by: edit)
    }
    return operands
  }

  /// Scale and zero point as operands.
  mutating func gridOperands(_ tensor: QuantizedTensor, by edit: Edit) -> [ValueID?] {
    [tensor.scale, zeroPoint(tensor, by: edit)]
  }

  /// A grid as two new constants.
  mutating func addGrid(
    _ grid: QuantizedGrid, _ name: String, by edit: Edit
  ) -> [ValueID?] {
    let scale = addConstant(Constant([grid.scale], .float32, []), name: name + "/scale", by: edit)
    let zero = Constant.scalar(Double(grid.zeroPoint), grid.element)
    return [scale, addConstant(zero, name: name + "/zero_point", by: edit)]
  }
}
