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

  /// Adds the node that is to stand for a region.
  ///
  /// - Returns: Its result, of the type of the quantizer's.
  /// - Throws: `FoldingRefusal` if its type is another one.
  mutating func add(
    _ op: any Operator, for region: QuantizedRegion, _ operands: [ValueID?], by edit: Edit
  ) throws(FoldingRefusal) -> ValueID {
    let type = self[region.target.value].type
    guard
      let value = add(
        op, operands, like: region.head, before: region.quantizer, of: type, by: edit)
    else { throw FoldingRefusal("\(op.name) does not take its types") }
    return value
  }

  /// Adds a node with one result before another, with the name and origin of a third.
  ///
  /// - Returns: The result; `nil`, and nothing is added, if it has not the type asked for.
  mutating func add(
    _ op: any Operator, _ operands: [ValueID?], like head: NodeID, before anchor: NodeID,
    of wanted: TensorType? = nil, by edit: Edit
  ) -> ValueID? {
    guard let type = inferredTypes(op, operands)?.first,
      wanted.map({ $0.element == type.element && $0.shape == type.shape }) ?? true
    else { return nil }
    let node = addNode(op, operands, types: [type], like: head, before: anchor, by: edit)
    return self[node].result
  }
}
