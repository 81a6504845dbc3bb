@_spi(RawEditing) import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// `correct-bias` and `reestimate-batch-norm` against numbers by hand and measured ones.
@Suite struct CorrectionTests {
  private static let text = """
    graph @net(%x: f32[1,2,4,4]) {
      %w = constant ONE : f32[3,2,3,3]
      %b = constant [0.5, -0.25, 0.125] : f32[3]
      %v = constant TWO : f32[3,3]
      %u = constant THREE : f32[3,2]
      %c = constant [0.0, 1.0] : f32[2]
      %a = Conv(%x, %w, %b) {pads = [1,1,1,1]} : f32[1,3,4,4]
      %r = Relu(%a) : f32[1,3,4,4]
      %p = GlobalAveragePool(%r) : f32[1,3,1,1]
      %f = Flatten(%p) : f32[1,3]
      %g = Gemm(%f, %v) {transB = 1, alpha = 2.0} : f32[1,3]
      %h = Relu(%g) : f32[1,3]
      %m = MatMul(%h, %u) : f32[1,2]
      %y = Add(%m, %c) : f32[1,2]
      return %y
    }
    """

  private func graph() throws -> Graph {
    var numbers = Numbers(seed: 21)
    var text = Self.text
    for (name, count) in [("ONE", 54), ("TWO", 9), ("THREE", 6)] {
      text = text.replacing(
        name, with: "[\(numbers.fine(count).map { "\($0)" }.joined(separator: ", "))]")
    }
    return try Graph(parsing: text)
  }

  private let services: PassServices = {
    var numbers = Numbers(seed: 4)
    return samplesService((0..<5).map { _ in [Bytes(numbers.fine(32))] })
  }()

  /// The mean of each output over the samples.
  private func means(_ graph: Graph) throws -> [Double] {
    let samples = try services.readSamples("", graph)
    let sums = try samples.inputs.reduce([0.0, 0.0]) { sums, inputs in
      let x = Constant(TensorType(.float32, [1, 2, 4, 4]), .dense(inputs[0]))
      return zip(sums, try GraphEvaluator(graph).outputs([x])[0].numbers).map { $0 + $1 }
    }
    return sums.map { $0 / 5 }
  }

  private func run(
    _ pass: any Pass.Type, _ options: [String: String], _ graph: inout Graph,
    _ context: inout PassContext
  ) throws {
    try pass.init(options: PassOptions(options, for: pass.info)).run(on: &graph, &context)
    #expect(Verifier.check(graph).isEmpty)
  }

  @Test func everyLayerHasTheMeansOfTheDenseModel() throws {
    let dense = try graph()
    var pruned = dense
    var context = PassContext(services: services)
    try run(PruneMagnitude.self, ["sparsity": "0.5"], &pruned, &context)
    let wanted = try means(dense)
    #expect(zip(try means(pruned), wanted).contains { abs($0 - $1) > 1e-3 })
    try run(CorrectBias.self, ["data": "d"], &pruned, &context)
    #expect(zip(try means(pruned), wanted).allSatisfy { abs($0 - $1) < 1e-6 })
    #expect(context.total("layers-corrected", of: "") == 3)
    let changed = pruned.constantValues.compactMap { pruned[$0].name == "c" ? $0 : nil }
    #expect(changed.compactMap { pruned.constant($0)?.numbers }.allSatisfy { $0 != [0, 1] })
  }

  @Test func whatIsNotPrunedKeepsItsBits() throws {
    let dense = try graph()
    var pruned = dense
    var context = PassContext(services: services)
    try run(PruneMagnitude.self, ["sparsity": "0.5", "ignore": "w;v"], &pruned, &context)
    try run(CorrectBias.self, ["data": "d"], &pruned, &context)
    #expect(context.total("layers-corrected", of: "") == 1)
    let bias = try #require(pruned.constantValues.first { pruned[$0].name == "b" })
    #expect(pruned.constant(bias)?.numbers == [0.5, -0.25, 0.125])
  }

  /// What masks filters leaves the dense model to compare with, whichever pass it is.
  @Test(arguments: [
    (PruneFilters.self as any Pass.Type, ["sparsity": "0.5"]),
    (PruneOracle.self, ["sparsity": "0.5", "data": "d"]),
    (PruneParticle.self, ["sparsity": "0.5", "data": "d", "evaluations": "4"]),
  ])
  func masksOfFiltersAreCorrected(_ pass: any Pass.Type, _ options: [String: String]) throws {
    let dense = try graph()
    var masked = dense
    var context = PassContext(services: services)
    try run(pass, options.merging(["mask-only": "true"]) { $1 }, &masked, &context)
    #expect(context.total("filters-removed", of: "") > 0)
    try run(CorrectBias.self, ["data": "d"], &masked, &context)
    let wanted = try means(dense)
    #expect(zip(try means(masked), wanted).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test func nothingPrunedIsNothingToCorrect() throws {
    var graph = try graph()
    var context = PassContext(services: services)
    try run(CorrectBias.self, ["data": "d"], &graph, &context)
    #expect(context.diagnostics.map(\.message.id) == ["prune-nothing"])
  }

  @Test func otherNodesThanTheDenseModelsAreRefused() throws {
    var graph = try graph()
    var context = PassContext(services: services)
    try run(PruneMagnitude.self, ["sparsity": "0.5"], &graph, &context)
    let relu = try #require(graph.nodes.first { graph[$0].op is Relu })
    let (old, new) = (try #require(graph[relu].result), try #require(graph[relu].operand(0)))
    graph.replaceUses(of: old, with: new, by: "test")
    graph.removeNode(relu)
    let error = #expect(throws: Diagnostic.self) {
      try run(CorrectBias.self, ["data": "d"], &graph, &context)
    }
    #expect(error?.message.id == "bias-structure")
  }

  @Test func samplesMustBeFinite() throws {
    var graph = try Graph(
      parsing: """
        graph @g(%x: f32[1,1,2]) {
          %s = constant [2.0] : f32[1]
          %y = BatchNormalization(%x, %s, %s, %s, %s) : f32[1,1,2]
          return %y
        }
        """)
    var context = PassContext(services: samplesService([[Bytes([1, Float.nan])]]))
    let error = #expect(throws: Diagnostic.self) {
      try run(ReestimateBatchNorm.self, ["data": "d"], &graph, &context)
    }
    #expect(error?.message.id == "samples-not-finite")
  }

  @Test func aModelWithoutNormalisationsSaysSo() throws {
    var graph = try graph()
    var context = PassContext(services: services)
    try run(ReestimateBatchNorm.self, ["data": "d"], &graph, &context)
    #expect(context.diagnostics.map(\.message.id) == ["prune-nothing"])
  }
}
