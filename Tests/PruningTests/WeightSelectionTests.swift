@_spi(RawEditing) import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

@Suite struct WeightSelectionTests {
  private func prune(
    _ graph: inout Graph, _ scopes: String = "prune-magnitude{sparsity=0.5}"
  ) throws {
    var context = PassContext()
    let pass = try PruneMagnitude(
      options: PassOptions(["sparsity": "0.5"], for: PruneMagnitude.info))
    try pass.run(on: &graph, &context)
  }

  private func zeros(_ graph: Graph, _ value: ValueID) -> Int {
    graph.constant(value)?.numbers.count { $0 == 0 } ?? 0
  }

  @Test func biasesAndActivationsAreLeftAlone() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", TensorType(.float32, [1, 2, 3, 3]))
    let weight = graph.addConstant(
      Constant((1...8).map(Float.init), .float32, [4, 2, 1, 1]), name: "w")
    let bias = graph.addConstant(Constant([1, 2, 3, 4] as [Float], .float32, [4]), name: "b")
    let addend = graph.addConstant(
      Constant((1...36).map(Float.init), .float32, [1, 4, 3, 3]), name: "c")
    let type = TensorType(.float32, [1, 4, 3, 3])
    let conv = graph.addNode(Conv(), [x, weight, bias], types: [type], name: "conv")
    let sum = graph.addNode(Add(), [graph[conv].result, addend], types: [type], name: "add")
    graph.setOutputs(graph[sum].results.compactMap { $0 })
    try prune(&graph)
    #expect(zeros(graph, weight) == 4)
    #expect(zeros(graph, bias) == 0)
    #expect(zeros(graph, addend) == 0)
  }

  @Test func aWeightIsSeenInsideFusedNodesAndBehindATranspose() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", TensorType(.float32, [1, 2]))
    let stored = graph.addConstant(
      Constant([1, 2, 3, 4, 5, 6] as [Float], .float32, [3, 2]), name: "w")
    let turned = graph.addNode(
      Transpose(), [stored], types: [TensorType(.float32, [2, 3])], name: "turn")
    let type = TensorType(.float32, [1, 3])
    let product = graph.addNode(
      MatMul(), [x, graph[turned].result], types: [type], name: "product")
    let tail = graph.addNode(Relu(), [graph[product].result], types: [type], name: "tail")
    graph.setOutputs(graph[tail].results.compactMap { $0 })
    graph.fuse([product, tail], by: "test")
    try prune(&graph)
    #expect(graph.constant(stored)?.numbers == [0, 0, 0, 4, 5, 6])
  }

  @Test func vectorsAndIntegersAreNotWeights() throws {
    var graph = Graph(name: "g")
    let x = graph.addInput("x", TensorType(.float32, [1, 4]))
    let vector = graph.addConstant(Constant([1, 2, 3, 4] as [Float], .float32, [4]), name: "v")
    let node = graph.addNode(
      MatMul(), [x, vector], types: [TensorType(.float32, [1])], name: "dot")
    graph.setOutputs(graph[node].results.compactMap { $0 })
    try prune(&graph)
    #expect(zeros(graph, vector) == 0)
  }
}
