import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// Every amount in every scope and granularity: it holds, it holds again, and it never compounds.
@Suite struct AmountCombinationTests {
  /// A byte for each nonzero.
  private struct CountedBytes: StoragePlanning {
    func chooseStorages(
      _ graph: Graph, _ request: StorageRequest
    ) -> [ValueID: StorageDecision] {
      var decisions: [ValueID: StorageDecision] = [:]
      for value in request.constants {
        let nonzeros = graph.constant(value)?.nonzeroCount ?? 0
        decisions[value] = StorageDecision(.dense, nonzeros: nonzeros, bytes: nonzeros, reason: "")
      }
      return decisions
    }
  }

  private static let granularities = ["element", "row", "column", "2x1", "1x3", "2x2"]
  private static let amounts = [
    "sparsity=0.43", "keep=1/3", "threshold=1.1", "percent-of-max=0.4", "count=5", "bytes=40",
  ]

  private func graph(_ seed: Int) -> WeightGraph {
    var numbers = Numbers(seed: UInt64(seed) + 31)
    var graph = WeightGraph(width: 6)
    graph.add("a", shape: [6, 8], numbers.coarse(48))
    graph.add("b", shape: [8, 5], numbers.fine(40))
    return graph
  }

  private func run(_ pipeline: String, on graph: inout WeightGraph) throws {
    var context = PassContext(services: PassServices(storages: CountedBytes()))
    try PassManager(verifiesEach: true).run(
      PassRegistry.standard.resolve(pipeline), on: &graph.graph, &context)
  }

  @Test(arguments: granularities, amounts)
  func amountsAreAbsolute(_ block: String, _ amount: String) throws {
    for scope in ["row", "local", "global"] {
      for more in ["", ",keep-zeros=true", ",normalise=mean", ",keep-at-least=0.25"] {
        let pass = "prune-magnitude{\(amount),scope=\(scope),block=\(block)\(more)}"
        var once = graph(3)
        try run(pass, on: &once)
        let zeros = (once.mask(0) + once.mask(1)).count { $0 == 0 }
        #expect(block != "element" || zeros > 0, "\(pass)")
        var twice = once
        try run(pass, on: &twice)
        #expect(twice.values(0) == once.values(0) && twice.values(1) == once.values(1), "\(pass)")
        if amount.hasPrefix("bytes") { #expect(88 - zeros <= 40, "\(pass)") }
      }
    }
  }

  /// Half first and then 60 % is 60 %; a smaller amount afterwards prunes nothing.
  @Test(arguments: granularities) func laterAmountsCountOnTheOriginal(_ block: String) throws {
    for scope in ["row", "local", "global"] {
      func pass(_ sparsity: String) -> String {
        "prune-magnitude{sparsity=\(sparsity),scope=\(scope),block=\(block)}"
      }
      var (direct, steps) = (graph(8), graph(8))
      try run(pass("0.6"), on: &direct)
      try run("\(pass("0.5")),\(pass("0.6")),\(pass("0.2"))", on: &steps)
      #expect(steps.values(0) == direct.values(0) && steps.values(1) == direct.values(1))
    }
  }

  @Test func layersHaveAmountsOfTheirOwn() throws {
    var layers = graph(5)
    try run(
      "only{name~\"/a/*\"}(prune-magnitude{sparsity=0.75}),only{name~\"/b/*\"}("
        + "prune-magnitude{count=10,scope=global,block=row})", on: &layers)
    #expect(layers.mask(0).count { $0 == 0 } == 36)
    #expect(layers.mask(1).allSatisfy { $0 == 0 })
    var bytes = graph(5)
    try run("only{name~\"/b/*\"}(prune-magnitude{bytes=7})", on: &bytes)
    #expect(bytes.values(0) == graph(5).values(0))
    #expect(bytes.mask(1).count { $0 == 1 } == 7)
  }

  /// The largest of a row decides in a row.
  @Test func theMaximumIsThatOfTheScope() throws {
    var rows = WeightGraph(width: 2)
    rows.add("w", shape: [2, 3], [1, 8, 4, 0.25, 3, 0.5])
    var tensor = rows
    try run("prune-magnitude{percent-of-max=0.3,scope=row}", on: &rows)
    #expect(rows.mask() == [1, 1, 1, 0, 1, 0])
    try run("prune-magnitude{percent-of-max=0.3}", on: &tensor)
    #expect(tensor.mask() == [0, 1, 1, 0, 1, 0])
  }
}
