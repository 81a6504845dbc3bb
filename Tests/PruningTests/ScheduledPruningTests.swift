import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// Schedules of real passes: targets are fractions of the original, and what is left is scored anew.
@Suite struct ScheduledPruningTests {
  /// The two layers of `pruning.md` 6.5 and the layer that reads them.
  private static let layers = """
    graph @layers(%x: f32[1,2]) {
      %c1 = constant [1.0, -2.0, 0.5, 0.5, 3.0, 0.75, -1.0, 1.25] : f32[4,2]
      %c2 = constant [1.0, 0.0, -1.0, 2.0, 0.25, 0.25, 0.5, -0.25, 2.0, -1.0, 0.0, 0.5] : f32[3,4]
      %c3 = constant [1.0, 1.0, 1.0, 2.0, -2.0, 1.0] : f32[2,3]
      %a = Gemm(%x, %c1) {transB = 1} : f32[1,4]
      %b = Gemm(%a, %c2) {transB = 1} : f32[1,3]
      %y = Gemm(%b, %c3) {transB = 1} : f32[1,2]
      return %y
    }
    """

  private func run(
    _ pipeline: String, on text: String = layers, audits: Bool = false
  ) throws -> (graph: Graph, context: PassContext) {
    var graph = try Graph(parsing: text)
    var context = PassContext(audits: audits)
    try PassManager(verifiesEach: true).run(
      PassRegistry.standard.resolve(pipeline), on: &graph, &context)
    return (graph, context)
  }

  private func weight(_ name: String, _ graph: Graph) -> [Double] {
    graph.constantValues.first { graph[$0].name == name }.flatMap { graph.constant($0)?.numbers }
      ?? []
  }

  /// One filter a step goes another way than four at once.
  @Test func filtersAreScoredAnewAfterEachRemoval() throws {
    let (loop, context) = try run(
      "schedule{kind=linear,to=4/7,steps=4}(prune-filters{scope=global})")
    let steps = context.results(of: PrunedFilters.self).map { $0.layers.map(\.removed.count) }
    #expect(steps == [[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0]])
    #expect(weight("c1", loop) == [1, -2, 3, 0.75])
    #expect(weight("c2", loop) == [1, -1])
    let once = try run("prune-filters{scope=global,sparsity=4/7}").graph
    #expect(weight("c1", once) == [3, 0.75])
    #expect(weight("c2", once) == [-1, 0])
  }

  /// Half of the original in each set of layers, though the layers shrink on the way.
  @Test func countsAreThoseOfTheOriginal() throws {
    for scope in ["local", "global"] {
      for steps in 1...6 {
        let context = try run(
          "schedule{to=0.5,steps=\(steps)}(prune-filters{scope=\(scope)})"
        ).context
        let removed = context.results(of: PrunedFilters.self).flatMap(\.layers)
        #expect(removed.reduce(0) { $0 + $1.removed.count } == 3)
      }
    }
    let twice = try run(
      "schedule{to=0.25,steps=1}(prune-filters{}),schedule{to=0.34,steps=1}(prune-filters{})")
    #expect(weight("c1", twice.graph).count == 2 * 2 && weight("c2", twice.graph).count == 2 * 2)
  }

  @Test func elementsStayZeroFromStepToStep() throws {
    let values = (0..<50).map { "\(Double(($0 * 37) % 50) + 1)" }.joined(separator: ", ")
    let text = """
      graph @w(%x: f32[1,10]) {
        %w = constant [\(values)] : f32[10,5]
        %y = MatMul(%x, %w) : f32[1,5]
        return %y
      }
      """
    let context = try run(
      "schedule{kind=exponential,to=0.8,steps=5}(prune-magnitude{})", on: text
    ).context
    let zeros = context.results(of: PrunedWeights.self).map { $0.weights[0].zeros }
    #expect(zeros == [22, 32, 37, 39, 40])
    #expect(context.total("weights-zeroed", of: "prune-magnitude") == 40)
  }

  @Test func filtersHaveTheirAudit() throws {
    let audits = try run("prune-filters{scope=global,sparsity=4/7}", audits: true)
      .context.results(of: PruningAudit.self)
    let audit = try #require(audits.first)
    #expect(audits.count == 1 && audit.unit == "filter" && audit.scope == "global")
    #expect(audit.tensors.map(\.name) == ["c1", "c2", "c3"])
    let (c1, c2) = (audit.tensors[0].units, audit.tensors[1].units)
    #expect(c1.map(\.score) == [3, 1, 3.75, 2.25] && c2.map(\.score) == [4, 1.25, 3.5])
    #expect(c1.map(\.rank) == [4, 1, 6, 3] && c2.map(\.rank) == [7, 2, 5])
    #expect(c1.map(\.isKept) == [false, false, true, false])
    #expect(c1.map(\.reason) == [.low, .low, .high, .low])
    #expect(c1.map(\.first) == [0, 2, 4, 6] && c1.allSatisfy { $0.elements == 2 })
    #expect(audit.tensors[2].units.allSatisfy { $0.reason == .refused && $0.rank == nil })
    #expect(audit.tensors[2].refusal?.contains("output") == true)
    let all = try run("prune-filters{scope=global,sparsity=1}", audits: true).context
    let last = try #require(all.results(of: PruningAudit.self).first)
    #expect(last.tensors[0].units.map(\.reason) == [.low, .low, .last, .low])
  }
}
