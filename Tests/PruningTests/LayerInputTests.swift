@_spi(RawEditing) import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// What each weight meets, against the layer itself: the column of an element is what the layer gives
/// for a weight that is 1 there and 0 elsewhere.
@Suite struct LayerInputTests {
  private static let layers = [
    "conv": """
    graph @g(%x: f32[2,4,5,6]) {
      %w = constant dense : f32[6,2,3,2]
      %y = Conv(%x, %w) {group = 2, strides = [2,1], pads = [1,0,2,1], dilations = [1,2]} : f32[2,6,3,5]
      return %y
    }
    """,
    "depthwise": """
    graph @g(%x: f32[1,3,5]) {
      %w = constant dense : f32[6,1,3]
      %y = Conv(%x, %w) {group = 3, auto_pad = "SAME_LOWER", strides = [2]} : f32[1,6,3]
      return %y
    }
    """,
    "transposed": """
    graph @g(%x: f32[1,4,3,2]) {
      %w = constant dense : f32[4,2,3,2]
      %y = ConvTranspose(%x, %w) {group = 2, strides = [2,1], pads = [1,0,0,1], output_padding = [1,0]} : f32[1,4,7,2]
      return %y
    }
    """,
    "gemm": """
    graph @g(%x: f32[3,4]) {
      %w = constant dense : f32[3,5]
      %y = Gemm(%x, %w) {transA = 1} : f32[4,5]
      return %y
    }
    """,
    "right factor": """
    graph @g(%x: f32[2,3,4]) {
      %w = constant dense : f32[4,5]
      %y = MatMul(%x, %w) : f32[2,3,5]
      return %y
    }
    """,
    "left factor": """
    graph @g(%x: f32[2,4,3]) {
      %w = constant dense : f32[5,4]
      %y = MatMul(%w, %x) : f32[2,5,3]
      return %y
    }
    """,
    "batched": """
    graph @g(%x: f32[2,3,2,4]) {
      %w = constant dense : f32[3,4,5]
      %y = MatMul(%x, %w) : f32[2,3,2,5]
      return %y
    }
    """,
    "transposed weight": """
    graph @g(%x: f32[3,4]) {
      %w = constant dense : f32[5,4]
      %t = Transpose(%w) {perm = [1,0]} : f32[4,5]
      %y = MatMul(%x, %t) : f32[3,5]
      return %y
    }
    """,
  ]

  private func graph(_ name: String, _ numbers: inout Numbers) throws -> (Graph, ValueID) {
    let text = try #require(Self.layers[name])
    let shape = try #require(
      text.split(separator: "dense : f32[").last?.split(separator: "]").first)
    let count = shape.split(separator: ",").compactMap { Int($0) }.reduce(1, *)
    let values = (0..<count).map { _ in "\(numbers.fine(1)[0])" }.joined(separator: ", ")
    let graph = try Graph(parsing: text.replacing("constant dense", with: "constant [\(values)]"))
    return (graph, try #require(graph.weights().first).value)
  }

  private func column(_ graph: Graph, _ weight: ValueID, _ element: Int, _ x: [Constant]) throws
    -> Double
  {
    var single = graph
    let type = graph[weight].type
    single.setConstant(
      weight, Constant((0..<type.count).map { Float($0 == element ? 1 : 0) }, .float32, type.shape),
      by: "test")
    return try x.reduce(0) { sum, x in
      try GraphEvaluator(single).outputs([x])[0].numbers.reduce(sum) { $0 + $1 * $1 }
    }
  }

  @Test(arguments: layers.keys.sorted()) func wandaRanksByWhatTheLayerGives(_ name: String) throws {
    var numbers = Numbers(seed: 11)
    let (graph, weight) = try graph(name, &numbers)
    let type = graph[graph.inputs[0]].type
    let x = (0..<3).map { _ in
      Constant((0..<type.count).map { _ in numbers.fine(1)[0] }, .float32, type.shape)
    }
    let old = try #require(graph.constant(weight)).numbers
    let scores = try old.indices.map {
      abs(old[$0]) * (try column(graph, weight, $0, x)).squareRoot()
    }
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    for count in stride(from: 1, through: old.count, by: 7) {
      var pruned = graph
      var context = PassContext(services: samplesService(x.map { [$0.dense] }))
      let options = ["data": "d", "count": "\(count)", "scope": "local"]
      try PruneWanda(options: PassOptions(options, for: PruneWanda.info)).run(
        on: &pruned, &context)
      let gone = try #require(pruned.constant(weight)).numbers.indices.filter {
        pruned.constant(weight)?.numbers[$0] == 0
      }
      #expect(Set(gone) == Set(order.prefix(count)), "\(count) of \(name)")
    }
  }

  /// With every input known the Hessian is exact: what the surgeon leaves is the least squares of its
  /// mask, so that no single weight can be changed for the better.
  @Test(arguments: layers.keys.sorted()) func surgeonLeavesTheLeastError(_ name: String) throws {
    var numbers = Numbers(seed: 5)
    let (graph, weight) = try graph(name, &numbers)
    let type = graph[graph.inputs[0]].type
    let x = (0..<8).map { _ in
      Constant((0..<type.count).map { _ in numbers.fine(1)[0] }, .float32, type.shape)
    }
    var pruned = graph
    var context = PassContext(services: samplesService(x.map { [$0.dense] }))
    let options = ["data": "d", "sparsity": "0.5", "method": "obs", "damp": "1e-9"]
    try PruneObs(options: PassOptions(options, for: PruneObs.info)).run(on: &pruned, &context)
    let found = try #require(pruned.constant(weight))
    #expect(found.numbers.count { $0 == 0 } == found.type.count / 2)
    let best = try error(graph, pruned, x)
    for element in found.numbers.indices.filter({ found.numbers[$0] != 0 }).prefix(5) {
      for step in [-0.01, 0.01] {
        var values = found.numbers.map { Float($0) }
        values[element] += Float(step)
        var other = pruned
        other.setConstant(weight, Constant(values, .float32, found.type.shape), by: "test")
        #expect(try error(graph, other, x) > best)
      }
    }
  }

  private func error(_ a: Graph, _ b: Graph, _ x: [Constant]) throws -> Double {
    try x.reduce(0) { sum, x in
      let (a, b) = (try GraphEvaluator(a).outputs([x]), try GraphEvaluator(b).outputs([x]))
      return zip(a[0].numbers, b[0].numbers).reduce(sum) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
  }

  /// The states of a recurrent layer are measured a step late, and backwards for the second direction.
  @Test(arguments: ["forward", "bidirectional"])
  func recurrentWeightsMeetInputsAndStates(_ direction: String) throws {
    let count = direction == "forward" ? 1 : 2
    var numbers = Numbers(seed: 4)
    let x = (0..<12).map { _ in numbers.fine(1)[0] }
    let values = (0..<count * 9).map { _ in "\(numbers.fine(1)[0])" }.joined(separator: ", ")
    let graph = try Graph(
      parsing: """
        graph @g(%x: f32[4,1,3]) {
          %w = constant [\(values)] : f32[\(count),3,3]
          %r = constant [\(values)] : f32[\(count),3,3]
          %y = RNN(%x, %w, %r) {hidden_size = 3, direction = "\(direction)"} : f32[4,\(count),1,3]
          return %y
        }
        """)
    let states = try GraphEvaluator(graph).outputs([Constant(x, .float32, [4, 1, 3])])[0].numbers
    var pruned = graph
    var context = PassContext(services: samplesService([[Bytes(x)]]))
    try PruneWanda(options: PassOptions(["data": "d", "sparsity": "0.34"], for: PruneWanda.info))
      .run(on: &pruned, &context)
    let recurrent = try #require(graph.weights().last).value
    let (old, new) = (
      try #require(graph.constant(recurrent)).numbers,
      try #require(pruned.constant(recurrent)).numbers
    )
    for line in 0..<count {
      let steps = line == 0 ? 0...2 : 1...3
      for row in 0..<3 {
        let scores = (0..<3).map { column in
          let norm = steps.reduce(0.0) { sum, step in
            let state = states[(step * count + line) * 3 + column]
            return sum + state * state
          }
          return abs(old[(line * 3 + row) * 3 + column]) * norm.squareRoot()
        }
        let least = scores.indices.min { scores[$0] < scores[$1] }
        #expect((0..<3).filter { new[(line * 3 + row) * 3 + $0] == 0 } == [least])
      }
    }
    #expect(context.diagnostics.isEmpty)
  }

  @Test func whatCannotBeMeasuredStays() throws {
    var graph = try Graph(
      parsing: """
        graph @g(%x: f32[4,1,3], %h: f32[1,1,3]) {
          %w = constant [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0] : f32[1,3,3]
          %r = constant [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.5] : f32[1,3,3]
          %y = RNN(%x, %w, %r, _, _, %h) {hidden_size = 3} : f32[4,1,1,3]
          return %y
        }
        """)
    let x = (0..<12).map { Float($0 + 1) }
    var context = PassContext(
      services: samplesService([[Bytes(x), Bytes([Float](repeating: 1, count: 3))]]))
    try PruneObs(options: PassOptions(["data": "d", "sparsity": "0.5"], for: PruneObs.info)).run(
      on: &graph, &context)
    let zeros = graph.weights().map { graph.constant($0.value)?.numbers.count { $0 == 0 } }
    #expect(zeros == [4, 0])
    #expect(context.diagnostics.map(\.message.id).contains("prune-unmeasured"))
  }

  @Test func inputsMustBeFinite() throws {
    var graph = try Graph(
      parsing: """
        graph @g(%x: f32[1,2]) {
          %w = constant [1.0, 2.0] : f32[1,2]
          %y = Gemm(%x, %w) {transB = 1} : f32[1,1]
          return %y
        }
        """)
    for pass in [PruneObs.self, PruneWanda.self] as [any Pass.Type] {
      var context = PassContext(services: samplesService([[Bytes([1, Float.infinity])]]))
      let options = try PassOptions(["data": "d", "sparsity": "0.5"], for: pass.info)
      let error = #expect(throws: Diagnostic.self) {
        try pass.init(options: options).run(on: &graph, &context)
      }
      #expect(error?.message.id == "samples-not-finite")
    }
  }
}
