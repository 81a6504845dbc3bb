@_spi(RawEditing) import CoppiceIR
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

  /// Sums of squares of the same inputs, of all six columns or of a record for another layer too.
  private func recorded(_ layer: LayerCase, _ name: String = "w") -> MemoryTensors {
    let sums = (0..<6).map { column in LayerCase.x.reduce(0) { $0 + $1[column] * $1[column] } }
    return MemoryTensors(
      metadata: [
        "format": "prunerec/1", "params": #"{"\#(name)":{}}"#, "masks_active": "false",
        "samples": "16",
      ],
      tensors: [
        "\(name)/final": Constant(LayerCase.w.flatMap { $0 }, .float32, [4, 6]),
        "\(name)/xnorm2": Constant(sums, .float32, [6]),
      ])
  }

  @Test(arguments: ["row", "local"]) func aRecordOfTheSameInputsRanksAlike(_ scope: String) throws {
    let layer = try LayerCase()
    let record = recorded(layer)
    var context = PassContext(services: PassServices(openTensors: { _ in record }))
    let options = ["sparsity": "0.5", "scope": scope]
    let found = try layer.pruned(PruneWanda.self, options.merging(["record": "r"]) { $1 }, &context)
    #expect(found == (try layer.pruned(PruneWanda.self, options)))
    let weights = try #require(context.results(of: PrunedWeights.self).first).weights
    #expect(weights.first?.owners.map(\.name) == ["w"])
  }

  /// The weight is of another training: what is told, and what becomes of it.
  @Test func weightsThatTheRecordDoesNotOwn() throws {
    var layer = try LayerCase()
    let record = recorded(layer)
    layer.graph.setConstant(
      layer.weight, Constant((0..<24).map { Float($0 + 1) }, .float32, [4, 6]), by: "test")
    func prune(_ more: [String: String]) throws -> [[Double]] {
      var context = PassContext(services: PassServices(openTensors: { _ in record }))
      let options = ["record": "r", "sparsity": "0.5", "scope": "local"]
      return try layer.pruned(PruneWanda.self, options.merging(more) { $1 }, &context)
    }
    #expect(throws: DiagnosticMessage.self) { try prune([:]) }
    #expect(mask(try prune(["record-partial": "skip"])).joined().allSatisfy { $0 == 1 })
    #expect(
      mask(try prune(["record-partial": "magnitude"])).joined().elementsEqual(
        (0..<24).map { $0 < 12 ? 0 : 1 }))
  }

  @Test func sumsBelowZeroAreRefused() throws {
    let layer = try LayerCase()
    var record = recorded(layer)
    record.tensors["w/xnorm2"] = Constant([1, 1, -1, 1, 1, 1] as [Float], .float32, [6])
    var context = PassContext(services: PassServices(openTensors: { [record] _ in record }))
    let error = #expect(throws: DiagnosticMessage.self) {
      try layer.pruned(PruneWanda.self, ["record": "r", "sparsity": "0.5"], &context)
    }
    #expect(error?.id == "record-xnorm2")
  }

  @Test func aSourceIsNeeded() {
    for options in [
      ["sparsity": "0.5"], ["sparsity": "0.5", "data": "a", "record": "b"],
      ["sparsity": "0.5", "data": "a", "record-partial": "skip"],
      ["sparsity": "0.5", "record": "b", "state": "s"],
    ] {
      #expect(throws: DiagnosticMessage.self) {
        try PruneWanda(options: PassOptions(options, for: PruneWanda.info))
      }
    }
  }
}
