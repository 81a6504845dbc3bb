@_spi(RawEditing) import CoppiceIR
import CoppiceLowering

/// A graph of one operator with a weight, four fifths of it zeros.
struct SparseCase {
  var name: String
  var graph: Graph
  var weight: ValueID
  var rowAxis: Int
  /// The matrix whose rows are read, where it is not the weight seen along `rowAxis`.
  var matrix: [Int]?

  var hasConvolution: Bool { graph.allNodes.contains { graph[$0].op is Conv } }

  var input: TensorType { graph[graph.inputs[0]].type }

  init(
    _ name: String, _ op: any Operator, x: [Int], w: [Int], y: [Int], others: [[Int]?] = [],
    rowAxis: Int = 0, matrix: [Int]? = nil, isLeft: Bool = false, tail: [any Operator] = []
  ) {
    self.name = name
    (self.rowAxis, self.matrix) = (rowAxis, matrix)
    graph = Graph(name: "sparse", source: "sparse.onnx")
    let input = graph.addInput("x", TensorType(.float32, x))
    weight = graph.addConstant(Self.weight(w), name: "w")
    var operands: [ValueID?] = isLeft ? [weight, input] : [input, weight]
    for (index, shape) in others.enumerated() {
      operands.append(
        shape.map { graph.addConstant(Self.numbers($0, 31 + index), name: "c\(index)") })
    }
    var last = Self.add(op, operands, y, &graph)
    let first = last
    for op in tail { last = Self.add(op, [last] + (op is Add ? [first] : []), y, &graph) }
    graph.setOutputs([last])
  }

  private static func add(
    _ op: any Operator, _ operands: [ValueID?], _ y: [Int], _ graph: inout Graph
  ) -> ValueID {
    let node = graph.addNode(op, operands, types: [TensorType(.float32, y)], name: op.name)
    guard let result = graph[node].result else { fatalError("an operator has a result") }
    return result
  }

  /// The graph with the weight in a storage.
  func stored(_ kind: StorageKind) -> Graph {
    var graph = graph
    guard let constant = graph.constant(weight) else { return graph }
    graph.setConstant(weight, constant.stored(as: kind, rowAxis: rowAxis), by: "test")
    return graph
  }

  /// The bytes that the storage is packed into.
  func packedBytes(_ kind: StorageKind) -> Int {
    guard let constant = graph.constant(weight) else { return 0 }
    return WeightShape(constant, rowAxis: matrix == nil ? rowAxis : 0, as: matrix).bytes(kind)
  }

  /// Whole numbers, so that sums are exact in any order.
  static func numbers(_ shape: [Int], _ seed: Int) -> Constant {
    let count = shape.reduce(1, *)
    let values = (0..<count).map { Float(($0 &* 7919 &+ seed &* 104_729) % 13 - 6) }
    return Constant(values, .float32, shape)
  }

  private static func weight(_ shape: [Int]) -> Constant {
    let count = shape.reduce(1, *)
    let values = (0..<count).map { index in
      let mixed = (index &* 2_654_435_761) >> 8
      return mixed % 5 == 0 ? Float(mixed / 5 % 7 - 3) : 0
    }
    return Constant(values, .float32, shape)
  }

  private static func conv(
    _ name: String, x: [Int], w: [Int], y: [Int], tail: [any Operator] = [], bias: Bool = true,
    _ attributes: [String: Attribute] = [:]
  ) -> SparseCase {
    SparseCase(
      name, Conv(attributes: Attributes(attributes)), x: x, w: w, y: y,
      others: bias ? [[w[0]]] : [], tail: tail)
  }

  /// Every operator that reads weights without their zeros, in shapes with all kinds of edges.
  static var all: [SparseCase] { convolutions + products + others }

  private static var convolutions: [SparseCase] {
    let around: [String: Attribute] = ["pads": .ints([1, 1, 1, 1])]
    func with(_ more: [String: Attribute]) -> [String: Attribute] {
      around.merging(more) { $1 }
    }
    return [
      conv("pointwise", x: [2, 9, 5, 7], w: [8, 9, 1, 1], y: [2, 8, 5, 7], tail: [Relu()]),
      conv("pointwise_many", x: [1, 300, 2, 3], w: [6, 300, 1, 1], y: [1, 6, 2, 3]),
      conv(
        "pointwise_steps", x: [1, 8, 9, 9], w: [4, 8, 1, 1], y: [1, 4, 5, 5],
        ["strides": .ints([2, 2])]),
      conv("window_4", x: [1, 8, 4, 4], w: [8, 8, 3, 3], y: [1, 8, 4, 4], around),
      conv(
        "window_8", x: [2, 5, 8, 8], w: [8, 5, 3, 3], y: [2, 8, 8, 8], tail: [Relu()], around),
      conv("window_wide", x: [1, 3, 6, 37], w: [4, 3, 3, 3], y: [1, 4, 6, 37], around),
      conv(
        "window_sum", x: [1, 4, 6, 21], w: [4, 4, 3, 3], y: [1, 4, 6, 21],
        tail: [Sigmoid(), Add()], around),
      conv(
        "window_steps", x: [1, 5, 11, 12], w: [8, 5, 3, 3], y: [1, 8, 6, 6],
        with(["strides": .ints([2, 2])])),
      conv(
        "window_uneven", x: [1, 4, 12, 12], w: [8, 4, 3, 2], y: [1, 8, 6, 14], bias: false,
        [
          "pads": .ints([0, 3, 1, 2]), "dilations": .ints([1, 3]), "strides": .ints([2, 1]),
        ]),
      conv(
        "window_dilated", x: [1, 4, 9, 9], w: [4, 4, 3, 3], y: [1, 4, 9, 9],
        ["pads": .ints([2, 2, 2, 2]), "dilations": .ints([2, 2])]),
      conv(
        "window_far", x: [1, 2, 3, 3], w: [4, 2, 3, 3], y: [1, 4, 7, 7],
        ["pads": .ints([4, 4, 4, 4]), "dilations": .ints([2, 2])]),
      conv(
        "window_groups", x: [1, 8, 7, 7], w: [16, 2, 3, 3], y: [1, 16, 7, 7],
        with(["group": .int(4)])),
      conv(
        "window_groups_of_3", x: [1, 6, 7, 7], w: [6, 3, 5, 5], y: [1, 6, 7, 7],
        ["pads": .ints([2, 2, 2, 2]), "group": .int(2)]),
      conv(
        "window_long", x: [1, 3, 1, 30], w: [8, 3, 1, 24], y: [1, 8, 1, 30], tail: [Relu()],
        ["pads": .ints([0, 12, 0, 11])]),
      conv("one_channel", x: [1, 1, 9, 19], w: [8, 1, 3, 3], y: [1, 8, 9, 19], around),
      conv(
        "depthwise", x: [1, 8, 9, 6], w: [8, 1, 3, 3], y: [1, 8, 9, 6],
        with(["group": .int(8)])),
      conv("line", x: [1, 6, 20], w: [8, 6, 3], y: [1, 8, 20], ["pads": .ints([1, 1])]),
      conv(
        "volume", x: [1, 3, 4, 5, 4], w: [4, 3, 3, 3, 3], y: [1, 4, 4, 5, 4],
        ["pads": .ints([1, 1, 1, 1, 1, 1])]),
    ]
  }

  private static var products: [SparseCase] {
    func gemm(_ name: String, _ rows: Int, _ n: Int, transposed: Bool) -> SparseCase {
      let attributes: [String: Attribute] = [
        "transB": .int(transposed ? 1 : 0), "alpha": .float(0.5), "beta": .float(2),
      ]
      return SparseCase(
        name, Gemm(attributes: Attributes(attributes)), x: [rows, 50],
        w: transposed ? [n, 50] : [50, n], y: [rows, n], others: [[n]],
        rowAxis: transposed ? 0 : 1)
    }
    return [
      gemm("gemm_row", 1, 12, transposed: true), gemm("gemm_row_b", 1, 12, transposed: false),
      gemm("gemm_rest", 1, 7, transposed: true), gemm("gemm_rows", 19, 8, transposed: true),
      gemm("gemm_rows_b", 3, 8, transposed: false),
      SparseCase("matmul", MatMul(), x: [2, 5, 33], w: [33, 8], y: [2, 5, 8], rowAxis: 1),
      SparseCase("matmul_row", MatMul(), x: [1, 300], w: [300, 8], y: [1, 8], rowAxis: 1),
      SparseCase("matmul_left", MatMul(), x: [33, 4], w: [6, 33], y: [6, 4], isLeft: true),
    ]
  }

  private static var others: [SparseCase] {
    let hidden: [String: Attribute] = ["hidden_size": .int(6)]
    return [
      SparseCase(
        "transposed",
        ConvTranspose(
          attributes: ["strides": .ints([2, 2]), "pads": .ints([1, 1, 1, 1])]),
        x: [1, 4, 5, 5], w: [4, 8, 3, 3], y: [1, 8, 9, 9], rowAxis: 1),
      SparseCase(
        "rnn", RNN(attributes: Attributes(hidden)), x: [4, 1, 9], w: [1, 6, 9], y: [4, 1, 1, 6],
        others: [[1, 6, 6]], rowAxis: 1, matrix: [6, 9]),
      SparseCase(
        "lstm", LSTM(attributes: Attributes(hidden)), x: [4, 1, 9], w: [1, 24, 9],
        y: [4, 1, 1, 6], others: [[1, 24, 6]], rowAxis: 1, matrix: [24, 9]),
      SparseCase(
        "gru",
        GRU(
          attributes: Attributes(hidden.merging(["direction": .string("bidirectional")]) { $1 })),
        x: [4, 1, 9], w: [2, 18, 9], y: [4, 2, 1, 6], others: [[2, 18, 6]], rowAxis: 1,
        matrix: [36, 9]),
    ]
  }
}

extension Constant {
  /// The same numbers in another type.
  func rounded(to element: ElementType) -> Constant {
    Constant(rounding: numbers, element, type.shape)
  }
}

extension SparseCase {
  /// The same in another type.
  func rounded(to element: ElementType) -> SparseCase {
    var (copy, values) = (self, [ValueID: ValueID]())
    copy.graph = Graph(name: graph.name, source: graph.source)
    for input in graph.inputs {
      let type = TensorType(element, graph[input].type.shape)
      values[input] = copy.graph.addInput(graph[input].name, type)
    }
    for id in graph.nodes {
      let node = graph[id]
      for case let value? in node.operands where values[value] == nil {
        let constant = graph.constant(value)?.rounded(to: element)
        values[value] = constant.map { copy.graph.addConstant($0, name: graph[value].name) }
      }
      let types = node.results.compactMap { $0 }.map { TensorType(element, graph[$0].type.shape) }
      let operands = node.operands.map { $0.flatMap { values[$0] } }
      let added = copy.graph.addNode(node.op, operands, types: types, name: node.name)
      values[node.results[0] ?? weight] = copy.graph[added].result
    }
    copy.graph.setOutputs(graph.outputs.compactMap { values[$0] })
    copy.weight = values[weight] ?? weight
    return copy
  }
}
