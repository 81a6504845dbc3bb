import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// `pruning-cases.md` 2 and `pruning.md` 6.6: the four forms of Taylor, and second order.
@Suite struct FilterTaylorTests {
  /// Two layers: three filters with two positions, then two with one.
  private static func layers() throws -> Graph {
    try Graph(
      parsing: """
        graph @taylor(%x: f32[1,1,1,2]) {
          %l1 = constant [1.0, 2.0, 3.0] : f32[3,1,1,1]
          %l2 = constant [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0] : f32[2,3,1,2]
          %l3 = constant [1.0, -1.0] : f32[1,2,1,1]
          %a = Conv(%x, %l1)
          %b = Relu(%a)
          %c = Conv(%b, %l2)
          %d = Relu(%c)
          %y = Conv(%d, %l3)
          return %y
        }
        """)
  }

  private static func record(_ graph: Graph) throws -> FilterRecordHarness {
    var record = try FilterRecordHarness(graph, ["l1", "l2"], ["samples": "2", "steps": "2"])
    record.add("l1", "chact", [3], [1.125, 0.625, 0.35])
    record.add("l2", "chact", [2], [1.5, 0.5])
    return record
  }

  private static func samples(_ graph: Graph) throws -> FilterRecordHarness {
    var record = try FilterRecordHarness(graph, ["l1", "l2"])
    record.add("l1", "chact.samples", [2, 3], [-1.5, -0.25, 0.3, -0.75, 1, -0.4])
    record.add("l2", "chact.samples", [2, 2], [1, -0.2, -0.5, 0.3])
    return record
  }

  @Test func featureMapsAreTheMeanOfMagnitudesNormalisedOverALayer() throws {
    let graph = try Self.layers()
    for record in [try Self.record(graph), try Self.samples(graph)] {
      let taylor = ["criterion": "taylor"]
      for (filter, score) in [("l1.2", 0.262428), ("l1.1", 0.468622), ("l2.1", 0.316228)] {
        #expect(try record.hasScore(score, filter, graph, taylor), "\(filter)")
      }
      #expect(
        try record.order(graph, taylor.merging(["scope": "global"]) { $1 }, count: 3)
          == ["l1.2", "l2.1", "l1.1"])
      let raw = taylor.merging(["normalise": "none"]) { $1 }
      for (filter, score) in [("l1.2", 0.175), ("l1.1", 0.3125), ("l2.1", 0.25)] {
        #expect(try record.hasScore(score, filter, graph, raw), "\(filter)")
      }
    }
  }

  @Test func gatesAreTheMeanOfSquares() throws {
    let graph = try Self.layers()
    let gate = ["criterion": "taylor-gate"]
    let record = try Self.samples(graph)
    for (filter, score) in [("l1.2", 0.125), ("l1.1", 0.53125), ("l2.1", 0.065)] {
      #expect(try record.hasScore(score, filter, graph, gate), "\(filter)")
    }
    #expect(
      try record.order(graph, gate.merging(["scope": "global"]) { $1 }, count: 3)
        == ["l2.1", "l1.2", "l1.1"])
  }

  /// Three batches on one layer of two filters.
  private static func matrix() throws -> Graph {
    try Graph(
      parsing: """
        graph @matrix(%x: f32[1,2]) {
          %w = constant [1.0, -0.5, 2.0, 0.25] : f32[2,2]
          %v = constant [1.0, 1.0] : f32[1,2]
          %a = Gemm(%x, %w) {transB = 1}
          %y = Gemm(%a, %v) {transB = 1}
          return %y
        }
        """)
  }

  @Test func weightsAreTheSumOfSquaresAndGatesTheSquareOfTheSum() throws {
    let graph = try Self.matrix()
    var record = try FilterRecordHarness(graph, ["w"], ["steps": "3"])
    record.add("w", "gw2", [2, 2], [0.06, 0.06, 0.76, 0.003125])
    record.add("w", "chgw2", [2], [0.14, 0.753125])
    #expect(try record.hasScore(0.04, "w.0", graph, ["criterion": "taylor-weight"]))
    #expect(try record.hasScore(0.14 / 3, "w.0", graph, ["criterion": "taylor-gate"]))
    var steps = try FilterRecordHarness(graph, ["w"], ["steps": "3"])
    steps.add("w", "chgw.steps", [3, 2], [0.2, 0.6, -0.3, 0.25, 0.1, -0.575])
    #expect(try steps.hasScore(0.14 / 3, "w.0", graph, ["criterion": "taylor-gate"]))
  }

  /// `pruning.md` 6.6: the feature-map form and the signed sum have another least filter.
  @Test func theReferenceNetLosesTheFilterOfItsForm() throws {
    let graph = try Graph(
      parsing: """
        graph @net(%x: f32[1,2]) {
          %w1 = constant [1.0, -2.0, 0.5, 0.5, 3.0, 0.75, -1.0, 1.25] : f32[4,2]
          %w2 = constant [1.0, 0.0, -1.0, 2.0, 0.25, 0.25, 0.5, -0.25] : f32[2,4]
          %a = Gemm(%x, %w1) {transB = 1} : f32[1,4]
          %r = Relu(%a) : f32[1,4]
          %y = Gemm(%r, %w2) {transB = 1} : f32[1,2]
          return %y
        }
        """)
    var record = try FilterRecordHarness(graph, ["w1"], ["steps": "1", "samples": "5"])
    record.add("w1", "chact", [4], [3.78125, 1.351565, 34.921875, 40.242190])
    record.add("w1", "chgw2", [4], [0.020664, 0.027952, 45.057656, 54.068447])
    let squares = [0.057227, 0.106292, 42.373828, 27.112979]
    record.add("w1", "gw2", [4, 2], squares.flatMap { [$0 / 2, $0 / 2] })
    #expect(try record.order(graph, ["criterion": "taylor"], count: 3) == ["w1.1", "w1.0", "w1.2"])
    for (index, score) in [0.070766, 0.025294, 0.653563].enumerated() {
      #expect(try record.hasScore(score, "w1.\(index)", graph, ["criterion": "taylor"]))
    }
    #expect(
      try record.order(graph, ["criterion": "taylor-gate"], count: 3) == ["w1.0", "w1.1", "w1.2"])
    #expect(
      try record.order(graph, ["criterion": "taylor-weight"], count: 3) == ["w1.0", "w1.1", "w1.3"])
  }

  /// `pruning-cases.md` 4, summed over filters.
  @Test func secondOrderHalvesSquareTimesCurvature() throws {
    let graph = try Graph(
      parsing: """
        graph @obd(%x: f32[1,3]) {
          %w = constant [0.5, -1.0, 0.25, 2.0, -0.125, 0.75] : f32[2,3]
          %v = constant [1.0, 1.0] : f32[1,2]
          %a = Gemm(%x, %w) {transB = 1}
          %y = Gemm(%a, %v) {transB = 1}
          return %y
        }
        """)
    let sums = [0.42, 0.15, 0.72, 0.09, 0.9, 0.135]
    var record = try FilterRecordHarness(
      graph, ["w"], ["samples": "3", "steps": "6", "g2_per": "sample"])
    record.add("w", "g2", [2, 3], sums)
    #expect(try record.hasScore(0.05, "w.0", graph, ["criterion": "obd"]))
    record.metadata["g2_per"] = nil
    #expect(try record.hasScore(0.025, "w.0", graph, ["criterion": "obd"]))
    let found = try record.prune(graph, ["criterion": "obd", "count": "1"]).context.diagnostics
    #expect(found.map(\.message.id).contains("filter-score"))
    #expect(found.contains { $0.message.notes.contains { $0.contains("no Fisher information") } })
  }

  /// Two layers whose sum is read: their products cancel or add up before the square.
  @Test func theSumOverCoupledLayersIsTakenBeforeTheSquare() throws {
    let graph = try FilterHarness.graph(
      "%x: f32[1,2,1,1]", "a: f32[3,2,1,1]; b: f32[3,2,1,1]; o: f32[1,3,1,1]",
      """
        %p = Conv(%x, %a)
        %q = Conv(%x, %b)
        %s = Add(%p, %q)
        %y = Conv(%s, %o)
        return %y
      """)
    let first = [3.0, 1, 2, -3, 1, 2], second = [-3.0, 1, 0.5, 3, 1, 0.5]
    var steps = try FilterRecordHarness(graph, ["a", "b"], ["steps": "2"])
    steps.add("a", "chgw.steps", [2, 3], first)
    steps.add("b", "chgw.steps", [2, 3], second)
    steps.add("a", "chact.samples", [2, 3], first)
    steps.add("b", "chact.samples", [2, 3], second)
    let gate = ["criterion": "taylor-gate"]
    #expect(
      try steps.prune(graph, gate.merging(["count": "1"]) { $1 }).removed == ["a": "0", "b": "0"])
    #expect(try steps.hasScore(4, "a.1", graph, gate))
    #expect(try steps.hasScore(2, "b.1", graph, ["criterion": "taylor", "normalise": "none"]))

    var squares = try FilterRecordHarness(graph, ["a", "b"], ["steps": "2"])
    squares.add("a", "chgw2", [3], [18, 2, 8])
    squares.add("b", "chgw2", [3], [18, 2, 0.5])
    #expect(try squares.hasScore(4, "a.1", graph, gate))
    #expect(try squares.hasScore(6.25, "a.2", graph, gate))
    let context = try squares.prune(graph, ["criterion": "taylor-gate", "count": "1"]).context
    #expect(
      context.diagnostics.contains { $0.message.notes.contains { $0.contains("chgw.steps") } })
  }

  @Test func layersWithoutAnOwnerStayOnRequest() throws {
    let graph = try Self.layers()
    var record = try FilterRecordHarness(graph, ["l2"], ["samples": "2"])
    record.add("l2", "chact", [2], [1.5, 0.5])
    let options = ["criterion": "taylor", "sparsity": "1", "scope": "global"]
    let error = #expect(throws: DiagnosticMessage.self) { try record.prune(graph, options) }
    #expect(error?.id == "record-match")
    let found = try record.prune(graph, options.merging(["record-partial": "skip"]) { $1 })
    #expect(found.removed == ["l2": "1"])
    let layers = found.context.results(of: PrunedFilters.self).flatMap(\.layers)
    #expect(layers[0].keptBecause?.contains("record-partial=skip") == true)
  }

  @Test func aRecordWithoutTheKeySaysWhatItServes() throws {
    let graph = try Self.matrix()
    var record = try FilterRecordHarness(graph, ["w"])
    record.add("w", "gw2", [2, 2], [1, 1, 1, 1])
    for (criterion, key) in [("taylor", "chact"), ("taylor-gate", "chgw2"), ("obd", "g2")] {
      let error = #expect(throws: DiagnosticMessage.self) {
        try record.prune(graph, ["criterion": criterion, "count": "1"])
      }
      #expect(error?.id == "record-lacks-key")
      #expect(error?.text.contains("no '\(key)' of 'w'; what it can serve: magnitude") == true)
    }
    record.add("w", "chgw2", [3], [1, 1, 1])
    let error = #expect(throws: DiagnosticMessage.self) {
      try record.prune(graph, ["criterion": "taylor-gate", "count": "1"])
    }
    #expect(error?.id == "record-shape")
  }
}
