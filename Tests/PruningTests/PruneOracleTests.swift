import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// The two-layer net of the reference cases: what each search removes, and what it costs.
@Suite struct PruneOracleTests {
  private static let text = """
    graph @net(%x: f32[1,2]) {
      %w1 = constant [1.0, -2.0, 0.5, 0.5, 3.0, 0.75, -1.0, 1.25] : f32[4,2]
      %w2 = constant [1.0, 0.0, -1.0, 2.0, 0.25, 0.25, 0.5, -0.25] : f32[2,4]
      %a = Gemm(%x, %w1) {transB = 1} : f32[1,4]
      %r = Relu(%a) : f32[1,4]
      %y = Gemm(%r, %w2) {transB = 1} : f32[1,2]
      return %y
    }
    """
  private static let inputs: [[Float]] = [[1, 0], [0, 1], [1, 1], [-1, 2], [2, -1]]
  private static let targets: [[Float]] = [[0, 0], [1, 0.5], [0, 0.25], [2, 1], [-1, 0.5]]
  private static let base = 6.07109375

  private static let services = PassServices(
    readSamples: { _, _ in
      ModelSamples(
        inputs: inputs.map { [Bytes($0)] }, targets: .values(targets.map { [Bytes($0)] }))
    })

  private func run(
    _ options: [String: String]
  ) throws -> (graph: Graph, steps: OracleSteps, context: PassContext) {
    var graph = try Graph(parsing: Self.text)
    var context = PassContext(services: Self.services)
    let all = options.merging(["data": "samples"]) { $1 }
    try PruneOracle(options: PassOptions(all, for: PruneOracle.info)).run(on: &graph, &context)
    #expect(Verifier.check(graph).isEmpty)
    return (graph, try #require(context.results(of: OracleSteps.self).first), context)
  }

  private func removed(_ steps: OracleSteps) -> [[Int]] {
    steps.steps.map { $0.filters.map(\.index) }
  }

  private func isClose(_ x: Double?, _ y: Double) -> Bool { x.map { abs($0 - y) < 1e-6 } ?? false }

  @Test(arguments: [
    ("abs", [1, 2, 0, 3], [-0.154688, -0.314063, 1.6625, -1.716406]),
    ("signed", [3, 2, 1, 0], [-1.716406, -0.314063, -0.154688, 1.6625]),
  ])
  func onceRanksEachChangeOfTheDenseModel(
    _ score: String, _ order: [Int], _ changes: [Double]
  ) throws {
    let (_, found, context) = try run(["sparsity": "0.75", "score": score])
    #expect(isClose(found.before.loss, Self.base))
    #expect(removed(found) == order.prefix(3).map { [$0] })
    #expect(zip(found.steps, changes).allSatisfy { isClose($0.change, $1) })
    #expect(context.total("evaluations", of: "") == 4)
  }

  @Test(arguments: [
    ("abs", [1, 2, 0], [5.916406, 5.8085938, 3.3023437], [-0.154688, -0.1078125, -2.50625]),
    ("signed", [3, 2, 0], [4.3546875, 3.24375, 0.70625], [-1.716406, -1.110938, -2.5375]),
  ])
  func greedyMeasuresAgainAfterEachRemoval(
    _ score: String, _ order: [Int], _ losses: [Double], _ changes: [Double]
  ) throws {
    let (_, found, context) = try run(
      ["sparsity": "0.75", "score": score, "search": "greedy", "loss": "mse"])
    #expect(removed(found) == order.map { [$0] })
    #expect(zip(found.steps, losses).allSatisfy { isClose($0.loss, $1) })
    #expect(zip(found.steps, changes).allSatisfy { isClose($0.change, $1) })
    #expect(isClose(found.after.loss, losses[2]))
    #expect(context.total("evaluations", of: "") == 4 + 3 + 2)
  }

  @Test func pairsFindWhatGreedyMisses() throws {
    let (graph, found, context) = try run(
      ["sparsity": "0.5", "score": "signed", "search": "pairs"])
    #expect(removed(found) == [[0, 2]])
    #expect(isClose(found.steps.first?.loss, 3.21953125))
    #expect(context.total("evaluations", of: "") == 6)
    let weight = graph.constantValues.first { graph[$0].name == "w1" }
    #expect(weight.flatMap { graph.constant($0)?.numbers } == [0.5, 0.5, -1, 1.25])
    let (_, least, _) = try run(["sparsity": "0.5", "search": "pairs"])
    #expect(removed(least) == [[0, 3]] && isClose(least.steps.first?.loss, 6.0171875))
  }

  /// With one left to go, a search in pairs takes one.
  @Test func anOddCountEndsWithASingleUnit() throws {
    let (_, found, _) = try run(["sparsity": "0.75", "score": "signed", "search": "pairs"])
    #expect(removed(found).map(\.count) == [2, 1])
  }

  @Test(arguments: ["once", "greedy", "pairs"]) func aUnitAlwaysStays(_ search: String) throws {
    let (_, found, context) = try run(["sparsity": "1", "search": search])
    #expect(removed(found).joined().count == 3)
    let layers = context.results(of: PrunedFilters.self).flatMap(\.layers)
    #expect(layers.map(\.removed.count) == [3, 0])
  }

  @Test func maskedAndRemovedModelsHaveTheLossThatWasMeasured() throws {
    for mask in ["true", "false"] {
      let (graph, found, _) = try run(
        ["sparsity": "0.75", "search": "greedy", "mask-only": mask])
      let meter = try ModelMeter(
        graph, gates: ModelGates(), on: Self.services.readSamples("", graph),
        services: PassServices())
      #expect(isClose(meter.base.loss, found.after.loss))
    }
  }

  /// Of filters that are equal, the later one goes.
  @Test func ofEqualScoresTheLaterGoes() throws {
    var graph = try Graph(
      parsing: """
        graph @net(%x: f32[1,2]) {
          %w1 = constant [1.0, 2.0, 1.0, 2.0, 1.0, 2.0] : f32[3,2]
          %w2 = constant [1.0, 1.0, 1.0, 1.0, 1.0, 1.0] : f32[3,2]
          %a = Gemm(%x, %w1) {transB = 1} : f32[1,3]
          %y = Gemm(%a, %w2) : f32[1,2]
          return %y
        }
        """)
    var context = PassContext(services: Self.services)
    let options = ["data": "samples", "sparsity": "0.67", "search": "greedy"]
    try PruneOracle(options: PassOptions(options, for: PruneOracle.info)).run(on: &graph, &context)
    let steps = try #require(context.results(of: OracleSteps.self).first)
    #expect(removed(steps) == [[2], [1]])
  }
}
