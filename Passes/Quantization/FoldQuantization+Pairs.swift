internal import CoppiceIR
internal import CoppicePassManager

extension Graph {
  /// Add, Sub or Mul of two quantized tensors as QLinearAdd or QLinearMul.
  mutating func foldPair(
    _ region: QuantizedRegion, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    let node = self[region.head]
    guard node.operands.count == 2, let a = dequantized(node.operand(0)),
      let b = dequantized(node.operand(1)), a.grid.element == b.grid.element,
      a.grid.element == region.target.grid.element
    else { throw FoldingRefusal("its operands are not both quantized with one scale and type") }
    let right = node.op is Sub ? negated(b, region, by: edit) : operands(b, by: edit)
    let operands = operands(a, by: edit) + right + gridOperands(region.target, by: edit)
    let attributes = bounds(region)
    let op: any Operator =
      node.op is Mul ? QLinearMul(attributes: attributes) : QLinearAdd(attributes: attributes)
    return try add(op, for: region, operands, by: edit)
  }

  /// A tensor whose integers count the other way, and its grid: every number is exactly negated.
  private mutating func negated(
    _ tensor: QuantizedTensor, _ region: QuantizedRegion, by edit: Edit
  ) -> [ValueID?] {
    var grid = tensor.grid
    let ends = grid.range.lowerBound + grid.range.upperBound
    grid.zeroPoint = ends - grid.zeroPoint
    let name = self[region.head].name
    let table = addConstant(
      .byteTable(of: grid.element, grid.element) { Double(ends - $0) }, name: name + "/negated",
      by: edit)
    guard let value = addLookup(tensor.value, table, region, by: edit) else { return [] }
    let operands: [ValueID?] = [value]
    return operands + addGrid(grid, name + "/negated", by: edit)
  }

  /// Min, Max or Concat of quantized tensors, each brought to the scale of the result by a table.
  ///
  /// They are compared as integers then, because rounding keeps their order.
  mutating func foldBrought(
    _ region: QuantizedRegion, by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    try add(self[region.head].op, for: region, brought(region, by: edit), by: edit)
  }

  private mutating func brought(
    _ region: QuantizedRegion, by edit: Edit
  ) throws(FoldingRefusal) -> [ValueID?] {
    let target = region.target.grid
    let parts = self[region.head].operands.map { dequantized($0) }
    guard parts.allSatisfy({ $0 != nil }) else {
      throw FoldingRefusal("its operands are not all quantized with one scale")
    }
    let isFull = region.bounds == target.range
    return parts.map { part in
      guard let part else { return nil }
      if part.grid == target, isFull { return part.value }
      let table = Constant.byteTable(of: part.grid.element, target.element) { integer in
        let whole = target.quantized(part.grid.real(integer))
        return Double(min(max(whole, region.bounds.lowerBound), region.bounds.upperBound))
      }
      let name = self[region.head].name + "/table"
      let value = addConstant(table, name: name, by: edit)
      return addLookup(part.value, value, region, by: edit)
    }
  }

  private mutating func addLookup(
    _ value: ValueID, _ table: ValueID, _ region: QuantizedRegion, by edit: Edit
  ) -> ValueID? {
    add(Lookup(), [value, table], like: region.head, before: region.quantizer, by: edit)
  }
}
