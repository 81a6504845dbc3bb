import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// The numbers of `pruning.md` 6.1.
@Suite struct PruneMagnitudeTests {
  static let reference: [Float] = [
    1, -0.5, 0.25, 2, 0, 0.75, -0.25, -1.5, -0.125, 0.5, 3, -0.75,
  ]

  private func mask(_ options: [String: String]) throws -> [Int] {
    try WeightGraph.pruned(Self.reference, shape: [3, 4], options).mask()
  }

  @Test(arguments: ["0.5", "0.58", ".5", "5e-1"])
  func sixOfTwelve(_ sparsity: String) throws {
    #expect(try mask(["sparsity": sparsity]) == [1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1])
    #expect(try mask(["keep": "0.5"]) == [1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1])
  }

  @Test func ofTheTwoQuartersTheLaterGoes() throws {
    #expect(try mask(["sparsity": "0.25"]) == [1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1])
  }

  @Test func ofTheTwoHalvesTheLaterGoes() throws {
    #expect(try mask(["sparsity": "0.42"]) == [1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1])
  }

  @Test func aThresholdIsStrict() throws {
    #expect(try mask(["threshold": "0.25"]) == [1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1])
    #expect(
      try WeightGraph.pruned([0.7, 0.699, -0.7, 1], shape: [2, 2], ["threshold": "0.7"]).mask()
        == [1, 0, 1, 1])
  }

  @Test func aPartOfTheLargestIsAThreshold() throws {
    #expect(try mask(["percent-of-max": "0.2"]) == [1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1])
  }

  @Test func sparsityRoundsDownAndKeepRoundsUp() throws {
    #expect(try mask(["sparsity": "0.625"]) == [1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0])
    #expect(try mask(["keep": "0.375"]) == [1, 0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0])
    let hundred = (1...100).map(Float.init)
    let pruned = try WeightGraph.pruned(hundred, shape: [10, 10], ["sparsity": "0.29"])
    #expect(pruned.mask().count { $0 == 0 } == 29)
  }

  @Test func tiesAreCutExactly() throws {
    #expect(
      try WeightGraph.pruned([1, 1, 1, 2], shape: [2, 2], ["sparsity": "0.25"]).mask()
        == [1, 1, 0, 1])
    #expect(
      try WeightGraph.pruned([3, -3, 3, -3], shape: [2, 2], ["sparsity": "0.5"]).values()
        == [3, -3, 0, 0])
  }

  @Test func aGlobalRankingTakesTheLowestOfAll() throws {
    var graph = WeightGraph(width: 3)
    graph.add("a", shape: [3, 2], [0.1, -0.2, 0.3, 0.4, -0.5, 0.6])
    graph.add("b", shape: [2, 2], [1, -0.05, 2, 0.25])
    try graph.run(PruneMagnitude.self, ["sparsity": "0.5", "scope": "global"])
    #expect(graph.mask(0) == [0, 0, 0, 1, 1, 1])
    #expect(graph.mask(1) == [1, 0, 1, 0])
  }

  @Test func globalTiesGoFromTheLastLayerInTheFile() throws {
    var graph = WeightGraph(width: 2)
    graph.add("a", shape: [2, 2], [1, 1, 1, 1])
    graph.add("b", shape: [2, 2], [1, 1, 1, 1])
    try graph.run(PruneMagnitude.self, ["sparsity": "0.625", "scope": "global"])
    #expect(graph.mask(0) == [1, 1, 1, 0])
    #expect(graph.mask(1) == [0, 0, 0, 0])
  }

  @Test func theLargestOfAllCountsInAGlobalScope() throws {
    var graph = WeightGraph(width: 2)
    graph.add("a", shape: [2, 2], [1, 2, 3, 4])
    graph.add("b", shape: [2, 2], [10, 5, 4, 1])
    var local = graph
    try local.run(PruneMagnitude.self, ["percent-of-max": "0.5"])
    #expect(local.mask(0) == [0, 1, 1, 1])
    #expect(local.mask(1) == [1, 1, 0, 0])
    try graph.run(PruneMagnitude.self, ["percent-of-max": "0.5", "scope": "global"])
    #expect(graph.mask(0) == [0, 0, 0, 0])
    #expect(graph.mask(1) == [1, 1, 0, 0])
  }

  @Test func zerosArePositive() throws {
    let pruned = try WeightGraph.pruned([-1, -2, -0.0, 4], shape: [2, 2], ["sparsity": "0.5"])
    #expect(pruned.values().map(\.bitPattern) == [0, Float(-2).bitPattern, 0, Float(4).bitPattern])
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func numbersThatAreNotFiniteAreRefused(_ value: Float) throws {
    let error = #expect(throws: Diagnostic.self) {
      try WeightGraph.pruned([1, 2, 3, value], shape: [2, 2], ["sparsity": "0.5"])
    }
    #expect(error?.message.text == "the weight 'w' has a NaN or infinity at [1, 1]")
    #expect(error?.location.description.contains("/w/MatMul") == true)
  }

  @Test func doublesAreRankedInTheirOwnPrecision() throws {
    var graph = WeightGraph(width: 2)
    let near = 1 + 1e-12
    graph.add("w", Constant([near, 1, near, 1], .float64, [2, 2]))
    try graph.run(PruneMagnitude.self, ["sparsity": "0.5"])
    #expect(graph.mask() == [1, 0, 1, 0])
  }

  @Test func halvesAreRankedByValue() throws {
    var graph = WeightGraph(width: 2)
    graph.add("h", Constant([0x3C00, 0xC000, 0x0001, 0x3800] as [UInt16], .float16, [2, 2]))
    graph.add("b", Constant([0x3F80, 0xC000, 0x0001, 0x3F00] as [UInt16], .bfloat16, [2, 2]))
    try graph.run(PruneMagnitude.self, ["sparsity": "0.5"])
    #expect(graph.mask(0) == [1, 1, 0, 0])
    #expect(graph.mask(1) == [1, 1, 0, 0])
  }

  @Test func amountsExcludeEachOther() {
    #expect(throws: DiagnosticMessage.self) { try mask([:]) }
    #expect(throws: DiagnosticMessage.self) { try mask(["sparsity": "0.5", "keep": "0.5"]) }
    #expect(throws: DiagnosticMessage.self) { try mask(["sparsity": "1.5"]) }
  }

  @Test func anEmptyLayerAndALostInputAreWarnings() throws {
    var graph = WeightGraph(width: 2)
    graph.add("a", shape: [2, 2], [0.1, 0.2, 0.3, 0.4])
    graph.add("b", shape: [2, 2], [1, 2, 3, 4])
    let context = try graph.run(PruneMagnitude.self, ["sparsity": "0.5", "scope": "global"])
    #expect(context.diagnostics.map(\.message.id) == ["prune-all-zero", "prune-disconnected"])
    #expect(context.diagnostics.allSatisfy { $0.severity == .warning })
    #expect(context.diagnostics.last?.message.text.contains("no longer depends on 'x'") == true)
    #expect(context.total("weights-zeroed", of: "") == 4)
  }
}
