internal import CoppiceIR
internal import CoppicePassManager

extension Graph {
  /// AveragePool of a quantized tensor as QLinearAveragePool.
  mutating func foldAveragePool(
    _ region: QuantizedRegion, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    return try foldPool(region, self[region.head].op.attributes, by: edit)
  }

  /// GlobalAveragePool, or ReduceMean over all spatial axes, as QLinearAveragePool of one window.
  mutating func foldGlobalPool(
    _ region: QuantizedRegion, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    let node = self[region.head]
    guard let x = node.operand(0) else { throw FoldingRefusal("it has no operand") }
    let shape = self[x].type.shape
    if node.op is ReduceMean {
      let axes = constant(node.operand(1))?.integers ?? []
      let spatial = Set(axes.map { $0 < 0 ? $0 + shape.count : $0 })
      guard node.op.settings.int("keepdims") == 1, shape.count > 2,
        spatial == Set(2..<shape.count)
      else { throw FoldingRefusal("it does not reduce all spatial axes and keep them") }
    }
    guard shape.count > 2 else { throw FoldingRefusal("it has no spatial axes") }
    return try foldPool(region, ["kernel_shape": .ints(Array(shape[2...]))], by: edit)
  }

  private mutating func foldPool(
    _ region: QuantizedRegion, _ given: Attributes, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    guard let x = dequantized(self[region.head].operand(0)),
      x.grid.element == region.target.grid.element
    else { throw FoldingRefusal("its input is not quantized with one scale and the result's type") }
    var attributes = given
    for (name, value) in bounds(region).given { attributes[name] = value }
    let operands = operands(x, by: edit) + gridOperands(region.target, by: edit)
    return try add(QLinearAveragePool(attributes: attributes), for: region, operands, by: edit)
  }

  /// Softmax of a quantized tensor as QLinearSoftmax.
  mutating func foldSoftmax(
    _ region: QuantizedRegion, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    let settings = self[region.head].op.settings
    guard let x = dequantized(self[region.head].operand(0)),
      region.bounds == region.target.grid.range
    else { throw FoldingRefusal("its input is not quantized with one scale") }
    let opset = settings.flag("flattened") ? 12 : 13
    let op = QLinearSoftmax(attributes: [
      "axis": .int(settings.int("axis")), "opset": .int(opset),
    ])
    let operands = operands(x, by: edit) + gridOperands(region.target, by: edit)
    return try add(op, for: region, operands, by: edit)
  }
}
