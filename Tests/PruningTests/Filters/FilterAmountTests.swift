import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// `pruning.md` 6.5 with every normalisation and amount, and what keeps filters.
@Suite struct FilterAmountTests {
  static let c1 = "[1.0, -2.0, 0.5, 0.5, 3.0, 0.75, -1.0, 1.25]"
  static let c2 = "[1.0, 0.0, -1.0, 2.0, 0.25, 0.25, 0.5, -0.25, 2.0, -1.0, 0.0, 0.5]"

  private func graph(c1: String = Self.c1, c2: String = Self.c2) throws -> Graph {
    try Graph(
      parsing: """
        graph @two(%x: f32[1,2,3,3]) {
          %c1 = constant \(c1) : f32[4,2,1,1]
          %c2 = constant \(c2) : f32[3,4,1,1]
          %c3 = constant [1.0, 1.0, 1.0, 2.0, -2.0, 1.0] : f32[2,3,1,1]
          %a = Conv(%x, %c1)
          %b = Relu(%a)
          %c = Conv(%b, %c2)
          %d = Relu(%c)
          %y = Conv(%d, %c3)
          return %y
        }
        """)
  }

  private func which(
    _ options: [String: String], c1: String = Self.c1, c2: String = Self.c2
  ) throws -> [String: String] {
    try FilterHarness.checkEquivalence(graph(c1: c1, c2: c2), options)
  }

  /// What goes when more and more may go: the order, without the last of a layer.
  private func order(_ options: [String: String]) throws -> [String] {
    var order: [String] = []
    for count in 1...5 {
      let options = options.merging(["count": "\(count)", "scope": "global"]) { $1 }
      let gone = try which(options).flatMap { layer, filters in
        filters.split(separator: " ").map { "\(layer).\($0)" }
      }
      order += gone.filter { !order.contains($0) }
    }
    return order
  }

  @Test(arguments: [
    ("none", ["c1.1", "c2.1", "c1.3", "c1.0", "c2.2"]),
    ("mean", ["c2.1", "c1.1", "c2.2", "c1.3", "c1.0"]),
    ("layer-l2", ["c1.1", "c2.1", "c1.3", "c1.0", "c2.2"]),
    ("lamp", ["c1.1", "c2.1", "c1.3", "c1.0", "c2.2"]),
  ])
  func eachNormalisationHasItsOrder(_ normalisation: String, _ wanted: [String]) throws {
    #expect(try order(["normalise": normalisation]) == wanted)
  }

  /// The scores that `pruning.md` gives for LAMP, from the mean energies that they are made of.
  @Test func lampDividesByAllThatIsNotLower() throws {
    let graph = try graph()
    var record = try FilterRecordHarness(graph, ["c1", "c2"])
    let energies = ["c1": [1.3731, 0.2132, 1.4755, 0.9382], "c2": [1.3931, 0.6887, 0.9182]]
    for (layer, energies) in energies {
      let width = layer == "c1" ? 2 : 4
      let parts = energies.flatMap { energy in
        (0..<width).map { _ in energy.squareRoot() / Double(width) }
      }
      record.add(layer, "gw2", [energies.count, width, 1, 1], parts)
    }
    let scores = [
      ("c2.1", 0.229551), ("c2.2", 0.397260), ("c1.0", 0.482036), ("c1.1", 0.053305),
      ("c1.3", 0.247748),
    ]
    let options = ["criterion": "taylor-weight", "normalise": "lamp"]
    for (filter, score) in scores {
      #expect(try record.hasScore(score, filter, graph, options, within: 3e-5), "\(filter)")
    }
  }

  private struct DenseBytes: StoragePlanning {
    func chooseStorages(
      _ graph: Graph, _ request: StorageRequest
    ) -> [ValueID: StorageDecision] {
      [:]
    }
  }

  /// 8 weights of the first layer, 12 and 6 of the others; four bytes each.
  @Test(arguments: ["local", "global"], [104, 103, 80, 60, 48])
  func asFewFiltersGoAsFit(_ scope: String, _ limit: Int) throws {
    func bytes(_ options: [String: String]) throws -> (bytes: Int, count: Int) {
      var graph = try graph()
      var context = PassContext(services: PassServices(storages: DenseBytes()))
      try PruneFilters(
        options: PassOptions(options.merging(["scope": scope]) { $1 }, for: PruneFilters.info)
      ).run(on: &graph, &context)
      let sum = graph.weights().reduce(0) { $0 + graph[$1.value].type.byteCount }
      return (sum, context.total("filters-removed", of: ""))
    }
    let found = try bytes(["bytes": "\(limit)"])
    #expect(found.bytes <= limit && (limit < 104) == (found.count > 0))
    if found.count > 0, scope == "global" {
      #expect(try bytes(["count": "\(found.count - 1)"]).bytes > limit)
    }
    #expect(throws: DiagnosticMessage.self) { try bytes(["bytes": "3"]) }
  }

  @Test func theTieTrapIsCutExactly() throws {
    let tie = "[1.0, -2.0, 0.5, 0.5, 3.0, 0.0, -1.0, 1.25]"
    let found = try which(["count": "4", "scope": "global"], c1: tie)
    #expect(found == ["c1": "1 2 3", "c2": "1"])
  }

  @Test func ofEqualFiltersTheLaterGo() throws {
    let equal = "[1.0, -1.0, 2.0, 0.0, 0.0, 2.0, 1.0, 1.0]"
    let found = try which(["count": "3", "scope": "global"], c1: equal)
    #expect(found == ["c1": "2 3", "c2": "1"])
  }

  @Test func aCollapsingLayerKeepsItsBestFilter() throws {
    let small =
      "[0.01, 0.0, -0.01, 0.02, 0.0025, 0.0025, 0.005, -0.0025, 0.02, -0.01, 0.0, 0.005]"
    let (_, report) = try FilterHarness.prune(
      graph(c2: small), ["count": "4", "scope": "global"])
    #expect(FilterHarness.which(report) == ["c1": "1 3", "c2": "1 2"])
    let stays = report.layers.first { $0.weight == "c2" }?.stays
    #expect(stays?.map(\.filters) == [[0]])
    #expect(stays?.first?.reason == "it is the last channel of a tensor")
  }

  @Test func aLayerKeepsAMultiple() throws {
    let rounded = ["scope": "global", "round-to": "2"]
    #expect(try which(rounded.merging(["sparsity": "0.5"]) { $1 }) == ["c1": "1 3", "c2": "1"])
    let (_, report) = try FilterHarness.prune(graph(), rounded.merging(["count": "4"]) { $1 })
    #expect(FilterHarness.which(report) == ["c1": "1 3", "c2": "1"])
    #expect(report.layers[0].stays.map(\.filters) == [[0]])
    #expect(report.layers[0].stays.first?.reason == "its layer keeps a multiple of 2 (round-to)")
    #expect(try which(["count": "1", "scope": "global", "round-to": "8"]) == [:])
  }

  @Test func amountsAreExact() throws {
    #expect(try which(["keep": "0.5", "scope": "global"]) == ["c1": "1 3", "c2": "1"])
    #expect(try which(["keep": "0.51", "scope": "global"]) == ["c1": "1 3", "c2": "1"])
    #expect(try which(["keep": "0.6", "scope": "global"]) == ["c1": "1", "c2": "1"])
    #expect(try which(["count": "2"]) == ["c1": "1 3", "c2": "1 2"])
    #expect(try which(["threshold": "3"]) == ["c1": "1 3", "c2": "1"])
    #expect(try which(["threshold": "3.0001"]) == ["c1": "0 1 3", "c2": "1"])
    #expect(try which(["percent-of-max": "0.625"]) == ["c1": "1 3", "c2": "1"])
    #expect(try which(["percent-of-max": "0.575", "scope": "global"]) == ["c1": "1 3", "c2": "1"])
    #expect(throws: DiagnosticMessage.self) { try which(["count": "1", "sparsity": "0.5"]) }
    #expect(throws: DiagnosticMessage.self) { try which([:]) }
  }

  @Test func floorsAndNamesKeepFilters() throws {
    let all = ["sparsity": "1", "scope": "global"]
    #expect(
      try which(all.merging(["keep-at-least": "0.5"]) { $1 }) == ["c1": "1 3", "c2": "1"])
    let (_, report) = try FilterHarness.prune(
      graph(), all.merging(["keep-at-least": "0.7"]) { $1 })
    #expect(FilterHarness.which(report) == ["c1": "1"])
    #expect(report.layers[1].stays.first?.reason.contains("keep-at-least") == true)
    #expect(try which(all.merging(["ignore": "c1; nothing"]) { $1 }) == ["c2": "1 2"])
  }

  @Test func zeroFiltersGoFirst() throws {
    let zero = "[0.0, 0.0, 0.5, 0.5, 3.0, 0.75, -1.0, 1.25]"
    let random = ["criterion": "random", "seed": "0", "count": "1"]
    #expect(try which(random, c1: zero)["c1"] == "2")
    #expect(try which(random.merging(["keep-zeros": "true"]) { $1 }, c1: zero)["c1"] == "0")
  }
}

/// Criteria without a record.
@Suite struct FilterCriterionTests {
  private func which(_ text: String, _ options: [String: String]) throws -> [String: String] {
    try FilterHarness.checkEquivalence(Graph(parsing: text), options)
  }

  private static let line = """
    graph @line(%x: f32[1,1,2,2]) {
      %w = constant [0.0, 4.0, 1.0, 3.0, 9.0] : f32[5,1,1,1]
      %v = constant [1.0, 1.0, 1.0, 1.0, 1.0] : f32[1,5,1,1]
      %a = Conv(%x, %w)
      %y = Conv(%a, %v)
      return %y
    }
    """

  /// Distances on a line: 17, 13, 14, 12 and 28.
  @Test func fpgmRemovesWhatIsNearestToTheMiddle() throws {
    #expect(try which(Self.line, ["criterion": "fpgm", "count": "1"]) == ["w": "3"])
    #expect(try which(Self.line, ["criterion": "fpgm", "count": "3"]) == ["w": "1 2 3"])
    #expect(try which(Self.line, ["criterion": "fpgm", "threshold": "17"]) == ["w": "1 2 3"])
  }

  /// The generator's first numbers for seed 0: 0.883, 0.431, 0.026, 0.971, 0.106.
  @Test func randomTakesTheNumbersOfTheGenerator() throws {
    let random = ["criterion": "random"]
    #expect(try which(Self.line, random.merging(["count": "1"]) { $1 }) == ["w": "2"])
    #expect(try which(Self.line, random.merging(["count": "3"]) { $1 }) == ["w": "1 2 4"])
    let threshold = random.merging(["threshold": "0.8833108082136427"]) { $1 }
    #expect(try which(Self.line, threshold) == ["w": "0 1 2 4"])
    let other = random.merging(["count": "2", "seed": "7"]) { $1 }
    #expect(try which(Self.line, other) != which(Self.line, random.merging(["count": "2"]) { $1 }))
  }

  @Test func slimmingReadsTheScale() throws {
    let text = """
      graph @bn(%x: f32[1,1,2,2]) {
        %w = constant [1.0, 1.0, 1.0, 1.0] : f32[4,1,1,1]
        %s = constant [0.5, -0.25, 2.0, 1.0] : f32[4]
        %z = constant uniform [0.0] : f32[4]
        %i = constant uniform [1.0] : f32[4]
        %u = constant [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0] : f32[2,4,1,1]
        %v = constant [1.0, 1.0] : f32[1,2,1,1]
        %a = Conv(%x, %w)
        %n = BatchNormalization(%a, %s, %z, %z, %i)
        %b = Conv(%n, %u)
        %y = Conv(%b, %v)
        return %y
      }
      """
    let graph = try Graph(parsing: text)
    let (_, report) = try FilterHarness.prune(graph, ["criterion": "bn", "sparsity": "0.5"])
    #expect(FilterHarness.which(report) == ["w": "0 1"])
    #expect(report.layers[1].keptBecause?.contains("no BatchNormalization of its own") == true)
    #expect(try which(text, ["criterion": "bn", "threshold": "0.5"]) == ["w": "1"])
  }

  @Test(arguments: [
    ["criterion": "taylor"], ["criterion": "l1", "record": "r"], ["seed": "1"],
    ["criterion": "bn", "normalise": "mean"],
  ])
  func optionsThatMeanNothingAreRefused(_ options: [String: String]) {
    #expect(throws: DiagnosticMessage.self) {
      try which(Self.line, options.merging(["count": "1"]) { $1 })
    }
  }
}
