internal import CoppiceIR
internal import CoppicePassManager

/// What QuantizeLinear reads: a node, and the clamps between that and the quantizer.
struct QuantizedRegion {
  let quantizer: NodeID
  let target: QuantizedTensor
  /// The node whose result is clamped and quantized.
  let head: NodeID
  /// The integers that the clamps leave.
  let bounds: ClosedRange<Int>

  /// Looks through Relu and Clip; `nil` where a value has other readers or no node computes it.
  init?(_ quantizer: NodeID, _ target: QuantizedTensor, in graph: Graph) {
    let grid = target.grid
    var (low, high) = (grid.range.lowerBound, grid.range.upperBound)
    var value = graph[quantizer].operand(0)
    while let id = graph.onlyProducer(value) {
      let node = graph[id]
      if node.op is Relu {
        low = max(low, grid.quantized(0))
      } else if node.op is Clip, let limits = graph.limits(node) {
        low = max(low, grid.quantized(limits.low))
        high = min(high, grid.quantized(limits.high))
      } else {
        break
      }
      value = node.operand(0)
    }
    guard low <= high, let head = graph.onlyProducer(value) else { return nil }
    self.quantizer = quantizer
    self.target = target
    self.head = head
    bounds = low...high
  }
}

extension Graph {
  /// The limits of a Clip of float32, if they are known.
  fileprivate func limits(_ node: Node) -> (low: Float, high: Float)? {
    var limits: [Float] = []
    for (index, open) in [(1, -Float.infinity), (2, Float.infinity)] {
      guard let operand = node.operand(index) else {
        limits.append(open)
        continue
      }
      guard let known = constant(operand), known.type.count == 1 else { return nil }
      limits.append(Float(known.number(at: 0)))
    }
    return limits[0] <= limits[1] ? (limits[0], limits[1]) : nil
  }

  /// Puts a node in the place of a region.
  ///
  /// - Returns: Whether its type is that of the quantizer's result.
  mutating func replace(
    _ region: QuantizedRegion, with op: any Operator, _ operands: [ValueID?], by edit: Edit
  ) -> Bool {
    replace(region.quantizer, named: region.head, with: op, operands, by: edit)
  }

  /// Puts a node in the place of a quantizer, with the name and origin of another node.
  mutating func replace(
    _ quantizer: NodeID, named head: NodeID, with op: any Operator, _ operands: [ValueID?],
    by edit: Edit
  ) -> Bool {
    guard let old = self[quantizer].result, let type = inferredTypes(op, operands)?.first,
      type.element == self[old].type.element, type.shape == self[old].type.shape
    else { return false }
    let id = addNode(op, operands, types: [type], like: head, before: quantizer, by: edit)
    guard let new = self[id].result else { return false }
    substitute(old, with: new, by: edit)
    removeNode(quantizer, by: edit)
    return true
  }
}
