@_spi(RawEditing) import CoppiceIR

/// A layer drawn at random, perhaps with something in front of it, behind it or fused to it.
struct Layer {
  /// The graph with the tail of the layer fused.
  var graph: Graph
  /// The same with every operator by itself.
  var plain: Graph
  /// What it is, in words.
  var told: String
  /// The weight that storages are tried for, and the axis of its rows.
  var weight: (value: ValueID, rowAxis: Int)?
  /// The elements of each input.
  var inputs: [Bytes]
}

/// A layer in the making.
struct LayerBuilder {
  var dice: Dice
  var graph = Graph(name: "layer", source: "layer.onnx")
  var told: [String] = []
  private var weight: (value: ValueID, rowAxis: Int)?
  private var inputs: [Bytes] = []
  private var chain: [NodeID] = []

  init(_ dice: Dice) { self.dice = dice }

  /// Numbers in quarters, so that sums are exact in any order, some of them zeros.
  private mutating func numbers(_ count: Int, keeping part: Int) -> [Float] {
    (0..<count).map { _ in dice.happens(part) ? Float(dice.roll(-8...8)) / 4 : 0 }
  }

  mutating func input(_ shape: [Int]) -> ValueID {
    inputs.append(Bytes(numbers(shape.reduce(1, *), keeping: 90)))
    return graph.addInput("x\(inputs.count)", TensorType(.float32, shape))
  }

  mutating func constant(_ shape: [Int], keeping part: Int = 95) -> ValueID {
    graph.addConstant(
      Constant(numbers(shape.reduce(1, *), keeping: part), .float32, shape),
      name: "c\(graph.allNodes.count)")
  }

  /// A weight; some are one number everywhere.
  mutating func drawnWeight(_ shape: [Int]) -> ValueID {
    guard !dice.happens(4) else {
      let type = TensorType(.float32, shape)
      let one = Constant(type, .uniform(Bytes([Float(1.5)])))
      return graph.addConstant(one, name: "c\(graph.allNodes.count)")
    }
    return constant(shape, keeping: dice.pick([4, 15, 30, 50, 100, 100]))
  }

  func shape(_ value: ValueID) -> [Int] { graph[value].type.shape }

  /// Adds a node and gives its first result.
  mutating func add(
    _ op: any Operator, _ operands: [ValueID?], results: Int = 1
  ) throws -> ValueID {
    let context = InferenceContext(
      operands: operands.map { $0.map { graph[$0].type } },
      known: operands.map { $0.flatMap { graph.constant($0) } }, resultCount: results)
    let types = try op.inferTypes(context)
    let name = "\(op.name.lowercased())\(graph.allNodes.count)"
    let node = graph.addNode(op, operands, types: types.prefix(results).map { $0 }, name: name)
    guard let result = graph[node].result else { fatalError("an operator has a result") }
    return result
  }

  /// Adds the layer itself; its operand of a number is the weight, as far as there is one.
  mutating func layer(
    _ op: any Operator, _ operands: [ValueID?], weight operand: Int? = nil, results: Int = 1
  ) throws -> ValueID {
    let result = try add(op, operands, results: results)
    let types = operands.map { $0.map { graph[$0].type } }
    if let operand, let value = operands[operand], let linear = op as? any LinearOperator,
      let reading = linear.linearReading(of: operand, types, result: graph[result].type),
      let rowAxis = reading.rowAxis
    {
      weight = (value, rowAxis)
    }
    chain = [graph.producer(result)].compactMap { $0 }
    told.append(op.name)
    return result
  }

  /// Adds an operator of the tail.
  mutating func follow(_ op: any Operator, _ operands: [ValueID?]) throws -> ValueID {
    let result = try add(op, operands)
    chain += [graph.producer(result)].compactMap { $0 }
    told.append("+ \(op.name)")
    return result
  }

  /// The layer with its results as outputs.
  func finished(_ outputs: [ValueID]) -> Layer {
    var plain = graph
    plain.setOutputs(outputs)
    var fused = plain
    if chain.count > 1 { fused.fuse(chain, by: "random-layers") }
    return Layer(
      graph: fused, plain: plain, told: told.joined(separator: " "), weight: weight, inputs: inputs)
  }
}
