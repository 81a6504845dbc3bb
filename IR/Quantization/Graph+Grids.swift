extension Graph {
  /// What the integers of an input or output of the model stand for, as the nodes beside it say.
  ///
  /// - Parameter value: Of this graph.
  /// - Returns: `nil` where it holds no 8-bit integers, or nothing tells.
  public func grid(of value: ValueID) -> QuantizedGrid? {
    let element = self[value].type.element
    guard element == .int8 || element == .uint8 else { return nil }
    return gridOfProducer(value, element, 0) ?? gridOfReaders(value, element, 0)
  }

  private func gridOfProducer(
    _ value: ValueID, _ element: ElementType, _ depth: Int
  ) -> QuantizedGrid? {
    guard depth < 32, let id = producer(value) else { return nil }
    let node = self[id]
    switch node.op {
    case is QuantizeLinear: return grid(element, node, scale: 1, zeroPoint: 2)
    case is QLinearConv, is QLinearMatMul, is any QuantizedPair:
      return grid(element, node, scale: 6, zeroPoint: 7)
    case is any QuantizedPooling, is any QuantizedUnary, is QLinearSoftmax:
      return grid(element, node, scale: 3, zeroPoint: 4)
    case is QLinearConcat: return grid(element, node, scale: 0, zeroPoint: 1)
    case is Fused:
      return node.blocks.first.flatMap { self[$0].outputs.first }
        .flatMap { gridOfProducer($0, element, depth + 1) }
    default:
      guard let x = node.operand(0), self[x].type.element == element, keepsIntegers(node) else {
        return nil
      }
      return gridOfProducer(x, element, depth + 1) ?? gridOfReaders(x, element, depth + 1)
    }
  }

  private func gridOfReaders(
    _ value: ValueID, _ element: ElementType, _ depth: Int
  ) -> QuantizedGrid? {
    guard depth < 32 else { return nil }
    for case .operand(let id, let place) in uses(of: value) {
      let node = self[id]
      switch node.op {
      case is DequantizeLinear where place == 0:
        if let grid = grid(element, node, scale: 1, zeroPoint: 2) { return grid }
      case is QLinearConv, is QLinearMatMul, is any QuantizedPair, is any QuantizedPooling,
        is any QuantizedUnary, is QLinearSoftmax, is QLinearConcat:
        if let grid = grid(element, node, scale: place + 1, zeroPoint: place + 2) { return grid }
      default:
        guard place == 0, keepsIntegers(node), let result = node.result,
          self[result].type.element == element
        else { continue }
        if let grid = gridOfReaders(result, element, depth + 1) { return grid }
      }
    }
    return nil
  }

  /// Whether the elements of a node's result are elements of its operand.
  private func keepsIntegers(_ node: Node) -> Bool {
    switch node.op {
    case is Reshape, is Flatten, is Squeeze, is Unsqueeze, is Transpose, is Slice, is Gather,
      is Expand, is Tile, is DepthToSpace, is SpaceToDepth, is MaxPool, is Split, is Concat, is Pad,
      is Identity, is Resize:
      true
    default: false
    }
  }

  private func grid(
    _ element: ElementType, _ node: Node, scale: Int, zeroPoint: Int
  ) -> QuantizedGrid? {
    guard let factor = constant(node.operand(scale)), factor.type.count == 1 else { return nil }
    var zero = 0
    if let operand = node.operand(zeroPoint) {
      guard let known = constant(operand), known.type.count == 1, known.type.element == element,
        let only = known.integers?.first
      else { return nil }
      zero = only
    }
    return QuantizedGrid(
      scale: Float(factor.number(at: 0)), zeroPoint: zero, element: element)
  }
}
