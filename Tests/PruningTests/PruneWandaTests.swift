import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// The numbers of `pruning-cases.md` 6.
@Suite struct PruneWandaTests {
  @Test func rowsRankByThemselves() throws {
    let layer = try LayerCase()
    let found = try layer.pruned(PruneWanda.self, ["sparsity": "0.5"])
    #expect(
      mask(found) == [
        [1, 1, 0, 0, 0, 1], [0, 1, 1, 0, 1, 0], [1, 0, 1, 0, 0, 1], [1, 1, 1, 0, 0, 0],
      ])
    #expect(abs(layer.error(found) - 46.433594) < 1e-5)
  }

  @Test(arguments: ["local", "global"]) func theWholeLayerRanksTogether(_ scope: String) throws {
    let layer = try LayerCase()
    let found = try layer.pruned(PruneWanda.self, ["sparsity": "0.5", "scope": scope])
    #expect(
      mask(found) == [
        [1, 1, 0, 0, 0, 1], [0, 0, 1, 0, 1, 0], [1, 0, 1, 0, 1, 1], [1, 1, 1, 0, 0, 0],
      ])
    #expect(abs(layer.error(found) - 33.996094) < 1e-5)
  }

  @Test func patternsKeepTheLargestScores() throws {
    let layer = try LayerCase(columns: 4)
    #expect(
      mask(try layer.pruned(PruneWanda.self, ["block": "2:4"])) == [
        [1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0], [0, 1, 1, 0],
      ])
    #expect(
      mask(try layer.pruned(PruneWanda.self, ["block": "1:4"])) == [
        [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 1, 0], [0, 0, 1, 0],
      ])
  }

  /// Scores of the reference between two thresholds.
  @Test func thresholdsAreOfScores() throws {
    let layer = try LayerCase()
    for (threshold, count) in [("0.618717", 0), ("0.618719", 1), ("9.139542", 23), ("9.14", 24)] {
      let found = try layer.pruned(PruneWanda.self, ["threshold": threshold])
      #expect(mask(found).joined().count { $0 == 0 } == count)
    }
  }

  /// `pruning.md` 6.1.
  @Test func twoSamples() throws {
    var graph = try Graph(
      parsing: """
        graph @w(%x: f32[1,4]) {
          %w = constant [1.0, -0.5, 0.25, 2.0, 0.0, 0.75, -0.25, -1.5, -0.125, 0.5, 3.0, -0.75] : f32[3,4]
          %y = Gemm(%x, %w) {transB = 1} : f32[1,3]
          return %y
        }
        """)
    let x: [[Float]] = [[1, 0, 2, -1], [1, 2, 0, 1]]
    var context = PassContext(services: samplesService(x.map { [Bytes($0)] }))
    try PruneWanda(options: PassOptions(["data": "d", "sparsity": "0.5"], for: PruneWanda.info))
      .run(on: &graph, &context)
    let weight = try #require(graph.weights().first)
    #expect(
      graph.constant(weight.value)?.numbers.map { $0 == 0 ? 0 : 1 }
        == [1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1])
  }

  @Test func aSourceIsNeeded() {
    for options in [["sparsity": "0.5"], ["sparsity": "0.5", "data": "a", "record": "b"]] {
      #expect(throws: DiagnosticMessage.self) {
        try PruneWanda(options: PassOptions(options, for: PruneWanda.info))
      }
    }
  }
}
