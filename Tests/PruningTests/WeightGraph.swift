@_spi(RawEditing) import CoppiceIR
import CoppicePassManager
import CoppicePasses

/// A chain of matrix products, and what a pass leaves of its weights.
struct WeightGraph {
  var graph = Graph(name: "weights", source: "weights.onnx")
  private(set) var weights: [ValueID] = []
  private var last: ValueID

  /// Starts with one row of activations.
  init(width: Int) { last = graph.addInput("x", TensorType(.float32, [1, width])) }

  /// Appends a product with a weight.
  mutating func add(_ name: String, _ constant: Constant) {
    let weight = graph.addConstant(constant, name: name)
    let type = TensorType(.float32, [1, constant.type.shape[1]])
    let node = graph.addNode(
      MatMul(), [last, weight], types: [type], name: "/\(name)/MatMul",
      origin: Origin(index: weights.count, type: "MatMul"))
    weights.append(weight)
    if let result = graph[node].result { last = result }
    graph.setOutputs([last])
  }

  mutating func add(_ name: String, shape: [Int], _ values: [Float]) {
    add(name, Constant(values, .float32, shape))
  }

  func values(_ index: Int = 0) -> [Float] {
    graph.constant(weights[index])?.dense.array(of: Float.self) ?? []
  }

  /// 1 for each element that is not zero.
  func mask(_ index: Int = 0) -> [Int] {
    graph.constant(weights[index])?.numbers.map { $0 == 0 ? 0 : 1 } ?? []
  }

  /// Runs `name{options}`.
  @discardableResult
  mutating func run(
    _ pass: any Pass.Type, _ options: [String: String], services: PassServices = PassServices()
  ) throws -> PassContext {
    var context = PassContext(services: services)
    try pass.init(options: PassOptions(options, for: pass.info)).run(on: &graph, &context)
    return context
  }

  /// The graph of one weight after a pass.
  static func pruned(
    _ values: [Float], shape: [Int], _ options: [String: String]
  ) throws -> WeightGraph {
    var graph = WeightGraph(width: shape[0])
    graph.add("w", shape: shape, values)
    try graph.run(PruneMagnitude.self, options)
    return graph
  }
}

/// Numbers that look random and are the same in every run.
struct Numbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 20
  }

  /// Numbers of few distinct magnitudes, so that ties are common.
  mutating func coarse(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float(Int(next() % 41) - 20) / 8 }
  }

  mutating func fine(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float(Int(next() % 2_000_001) - 1_000_000) / 1_048_576 }
  }
}
