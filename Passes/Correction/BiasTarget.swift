import CoppiceIR

/// Where a number for each output channel can be added to what a layer gives.
struct BiasTarget {
  /// The node that adds: the layer itself, or the Add behind a MatMul.
  let node: NodeID
  let operand: Int
  /// What the operand is multiplied by.
  let factor: Double
  /// What has been added to.
  let result: ValueID
  /// The axis of the result along which the channels lie.
  let axis: Int
  let channels: Int

  /// Finds the place of a linear operator of the body.
  ///
  /// - Throws: Why there is none.
  init(_ id: NodeID, in graph: Graph) throws(LayerRefusal) {
    let readings = graph.linearReadings(id)
    if let reading = readings.first(where: { $0.addend != nil }), let addend = reading.addend,
      let result = graph[id].result
    {
      (node, operand, factor) = (id, addend.operand, Double(addend.factor))
      (self.result, axis, channels) = (result, 1, reading.outputChannels)
    } else {
      guard let found = Self.addition(behind: id, readings, graph) else {
        throw LayerRefusal("\(graph[id].op.name) adds no bias")
      }
      self = found
    }
    guard factor != 0 else { throw LayerRefusal("its bias is multiplied by 0") }
    guard let value = graph[node].operand(operand) else { return }
    guard let bias = graph.constant(value) else { throw LayerRefusal("its bias is computed") }
    let type = bias.type
    guard type.element == .float32 || type.element == .float64,
      type.count == 1 || type.count == channels && type.shape.last == channels
    else { throw LayerRefusal("its bias is \(type)") }
  }

  private init(
    node: NodeID, operand: Int, result: ValueID, axis: Int, channels: Int
  ) {
    (self.node, self.operand, factor) = (node, operand, 1)
    (self.result, self.axis, self.channels) = (result, axis, channels)
  }

  /// The Add of a constant that alone reads a product.
  private static func addition(
    behind id: NodeID, _ readings: [LinearReading], _ graph: Graph
  ) -> BiasTarget? {
    guard graph[id].op is MatMul, let product = graph[id].result,
      let reading = readings.first(where: {
        graph[id].operand($0.operand).map { graph.constant(graph.carried($0).source) != nil }
          ?? false
      }), reading.outputAxis == graph[product].type.rank - 1,
      case .operand(let add, let side)? = graph.onlyUse(of: product), graph[add].op is Add,
      graph[add].parent == graph.body, let result = graph[add].result,
      graph[result].type == graph[product].type,
      let bias = graph.constant(graph[add].operand(1 - side)),
      bias.type.count == reading.outputChannels, bias.type.shape.last == reading.outputChannels
    else { return nil }
    return BiasTarget(
      node: add, operand: 1 - side, result: result, axis: graph[result].type.rank - 1,
      channels: reading.outputChannels)
  }

  /// Adds a number to each channel of what the layer gives.
  func add(_ change: [Double], to graph: inout Graph, by edit: Edit) {
    let old = graph[node].operand(operand).flatMap { graph.constant($0) }
    let element = old?.type.element ?? graph[result].type.element
    let numbers = old?.numbers ?? [0]
    let new = change.enumerated().map { index, change in
      numbers[numbers.count == 1 ? 0 : index] + change / factor
    }
    let shape = old.map { $0.type.count == channels ? $0.type.shape : [channels] } ?? [channels]
    guard let constant = Constant(numbers: new, element, shape) else { return }
    graph.replaceConstant(operand, of: node, with: constant, by: edit)
  }
}
