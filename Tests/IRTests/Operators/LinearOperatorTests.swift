@_spi(RawEditing) import CoppiceIR
import Testing

/// A linear operator on operands of ones: the sum of its results counts its multiply-accumulates.
struct LinearCase: CustomTestStringConvertible, Sendable {
  let name: String
  let op: any LinearOperator
  let operands: [Constant?]
  let weight: Int

  var testDescription: String { name }

  init(
    _ name: String, _ op: any LinearOperator, _ shapes: [[Int]?], weight: Int = 1,
    _ element: ElementType = .float32, also: [Int: Constant] = [:]
  ) {
    (self.name, self.op, self.weight) = (name, op, weight)
    operands = shapes.enumerated().map { index, shape in
      also[index] ?? shape.map { .filled(1, element, $0) }
    }
  }

  static let all: [LinearCase] = [
    LinearCase("Conv", Conv(), [[2, 3, 6, 5], [4, 3, 3, 2]]),
    LinearCase(
      "grouped Conv", Conv(attributes: ["group": .int(2), "strides": .ints([2, 1])]),
      [[1, 4, 6, 5], [6, 2, 3, 2]]),
    LinearCase("depthwise Conv", Conv(attributes: ["group": .int(4)]), [[1, 4, 6], [8, 1, 3]]),
    LinearCase("ConvTranspose", ConvTranspose(), [[2, 3, 4, 5], [3, 2, 3, 2]]),
    LinearCase(
      "grouped ConvTranspose",
      ConvTranspose(attributes: ["group": .int(2), "strides": .ints([2, 2])]),
      [[1, 4, 3, 3], [4, 3, 2, 2]]),
    LinearCase("Gemm", Gemm(), [[3, 5], [5, 4]]),
    LinearCase(
      "turned Gemm", Gemm(attributes: ["transA": .int(1), "transB": .int(1)]), [[5, 3], [4, 5]]),
    LinearCase("MatMul", MatMul(), [[2, 3, 5], [5, 4]]),
    LinearCase("batched MatMul", MatMul(), [[2, 1, 3, 5], [7, 5, 4]]),
    LinearCase("MatMul from the left", MatMul(), [[4, 5], [2, 5, 3]], weight: 0),
    LinearCase("MatMul by a vector", MatMul(), [[4, 5], [5]], weight: 0),
    LinearCase("ConvInteger", ConvInteger(), [[1, 3, 6, 5], [4, 3, 3, 2]], .uint8),
    LinearCase("MatMulInteger", MatMulInteger(), [[2, 3, 5], [2, 5, 4]], .int8),
    LinearCase(
      "DeformConv", DeformConv(), [[1, 3, 6, 5], [4, 3, 3, 2], [1, 12, 4, 4]],
      also: [2: .filled(0, .float32, [1, 12, 4, 4])]),
    LinearCase(
      "QLinearConv", QLinearConv(attributes: ["group": .int(2)]),
      [[1, 4, 6, 5], [], [], [2, 2, 3, 2], [], [], [], []], weight: 3, .uint8, also: quantized),
    LinearCase(
      "QLinearMatMul", QLinearMatMul(), [[3, 5], [], [], [5, 4], [], [], [], []], weight: 3,
      .uint8, also: quantized),
  ]

  private static let quantized: [Int: Constant] = [
    1: .filled(1, .float32, []), 2: .filled(0, .uint8, []), 4: .filled(1, .float32, []),
    5: .filled(0, .uint8, []), 6: .filled(1, .float32, []), 7: .filled(0, .uint8, []),
  ]

  static func weight(_ type: TensorType, _ numbers: [Int]) -> Constant {
    type.element == .float32
      ? Constant(numbers.map { Float($0) }, .float32, type.shape)
      : Constant(numbers.map { UInt8($0) }, type.element, type.shape)
  }

  /// A graph with the weight as a constant, every third element of which is zero, and the sum of
  /// what the operator then gives.
  func graph() throws -> (graph: Graph, node: NodeID, sum: Double) {
    var graph = Graph(name: "g")
    var operands = self.operands
    let type = try #require(operands[weight]).type
    let sparse = (0..<type.count).map { $0 % 3 == 0 ? 0 : 1 }
    operands[weight] = Self.weight(type, sparse)
    let context = InferenceContext(operands: operands.map { $0?.type }, known: operands)
    let results = try Interpreter.evaluate(op: op, context: context)
    let values = operands.enumerated().map { index, constant in
      constant.map {
        index == weight
          ? graph.addConstant($0, name: "w") : graph.addInput("x\(index)", $0.type)
      }
    }
    let id = graph.addNode(op, values, types: try op.inferTypes(context), name: "n")
    graph.setOutputs(graph[id].results.compactMap { $0 })
    return (graph, id, results[0].numbers.reduce(0, +))
  }
}

@Suite struct LinearOperatorTests {
  @Test(arguments: LinearCase.all) func macsAreExact(_ linear: LinearCase) throws {
    let (graph, node, sum) = try linear.graph()
    let macs = graph.macs(of: node)
    #expect(Double(macs.nonzero) == sum)
    let weight = try #require(linear.operands[linear.weight]).type
    let ones = (0..<weight.count).count { $0 % 3 != 0 }
    #expect(macs.dense * ones == macs.nonzero * weight.count)
  }

  @Test(arguments: [false, true]) func aRecurrentLayerCountsBothItsWeights(_ isLSTM: Bool) throws {
    let gates = isLSTM ? 4 : 3
    let attributes: Attributes = ["direction": .string("bidirectional")]
    let op: any Operator = isLSTM ? LSTM(attributes: attributes) : GRU(attributes: attributes)
    var graph = Graph(name: "g")
    let x = graph.addInput("x", TensorType(.float32, [7, 2, 5]))
    let w = graph.addConstant(.filled(1, .float32, [2, gates * 3, 5]), name: "w")
    let r = graph.addConstant(.filled(0, .float32, [2, gates * 3, 3]), name: "r")
    let types = [
      TensorType(.float32, [7, 2, 2, 3]), TensorType(.float32, [2, 2, 3]),
      TensorType(.float32, [2, 2, 3]),
    ]
    let node = graph.addNode(op, [x, w, r], types: types, name: "n")
    graph.setOutputs([graph[node].results[0]].compactMap { $0 })
    let steps = 7 * 2 * 2 * gates * 3
    #expect(graph.macs(of: node).dense == steps * (5 + 3))
    #expect(graph.macs(of: node).nonzero == steps * 5)
    #expect(graph.weights().map { graph[$0.value].name } == ["w", "r"])
  }

  /// A row of the weight scales the output channel that the facts name.
  @Test(arguments: LinearCase.all) func rowsAreOutputChannels(_ linear: LinearCase) throws {
    let (graph, node, _) = try linear.graph()
    let reading = try #require(graph.linearReadings(node).first { $0.operand == linear.weight })
    let type = try #require(linear.operands[linear.weight]).type
    guard let axis = reading.outputAxis else { return }
    let channel = reading.outputChannel(type.shape)
    let last = reading.outputChannels - 1
    var operands = linear.operands
    operands[linear.weight] = LinearCase.weight(
      type, (0..<type.count).map { channel($0) == last ? 1 : 0 })
    let context = InferenceContext(operands: operands.map { $0?.type }, known: operands)
    let result = try Interpreter.evaluate(op: linear.op, context: context)[0]
    let stride = rowMajorStrides(result.type.shape)[axis]
    #expect(result.type.shape[axis] == reading.outputChannels)
    for (index, number) in result.numbers.enumerated() {
      let isLast = index / stride % reading.outputChannels == last
      #expect((number != 0) == isLast)
    }
  }
}

@Suite struct WeightsTests {
  @Test func aWeightIsFoundBehindWhatMovesOrConvertsIt() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", TensorType(.float32, [1, 4]))
    let stored = graph.addConstant(.filled(1, .int8, [8, 4]), name: "w")
    let scale = graph.addConstant(.filled(0.5, .float32, []), name: "s")
    let zero = graph.addConstant(.filled(1, .int8, []), name: "z")
    let float = graph.addNode(
      DequantizeLinear(), [stored, scale, zero], types: [TensorType(.float32, [8, 4])], name: "dq")
    let turned = graph.addNode(
      Transpose(), [graph[float].result], types: [TensorType(.float32, [4, 8])], name: "turn")
    let product = graph.addNode(
      MatMul(), [x, graph[turned].result], types: [TensorType(.float32, [1, 8])], name: "product")
    graph.setOutputs(graph[product].results.compactMap { $0 })
    let weights = graph.weights()
    let weight = try #require(weights.first)
    #expect(weights.count == 1 && weight.value == stored)
    #expect(weight.readers.map(\.carriers) == [[turned, float]])
    #expect(weight.refusal == nil)
    #expect(graph.nonzeroCount(weight) == 0)
    #expect(graph.macs(of: product) == (32, 0))
  }

  @Test func whatIsNotFoldedYetIsNamed() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", TensorType(.float32, [1, 4]))
    let shape = graph.addConstant(Constant([4, 8] as [Int64], .int64, [2]), name: "shape")
    let filled = graph.addNode(
      ConstantOfShape(), [shape], types: [TensorType(.float32, [4, 8])], name: "fill")
    let product = graph.addNode(
      MatMul(), [x, graph[filled].result], types: [TensorType(.float32, [1, 8])], name: "product")
    graph.setOutputs(graph[product].results.compactMap { $0 })
    #expect(graph.weights().isEmpty)
    #expect(graph.computedWeights().map(\.source) == [filled])
  }
}
