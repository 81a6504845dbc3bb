import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// The account of each unit: its score, its rank, and why it went or stayed.
@Suite struct PruningAuditTests {
  private static let w = GranularityTests.w

  private func audit(
    _ tensors: [(name: String, shape: [Int], values: [Float])], _ options: [String: String],
    maxRewrites: Int? = nil
  ) throws -> (audit: PruningAudit, graph: WeightGraph) {
    var graph = WeightGraph(width: tensors[0].shape[0])
    for tensor in tensors { graph.add(tensor.name, shape: tensor.shape, tensor.values) }
    var context = PassContext(maxRewrites: maxRewrites, audits: true)
    try PruneMagnitude(options: PassOptions(options, for: PruneMagnitude.info)).run(
      on: &graph.graph, &context)
    return (try #require(context.results(of: PruningAudit.self).first), graph)
  }

  @Test func nobodyPaysWhoDoesNotAsk() throws {
    var graph = WeightGraph(width: 3)
    graph.add("w", shape: [3, 4], Self.w)
    let context = try graph.run(PruneMagnitude.self, ["sparsity": "0.5"])
    #expect(context.results(of: PruningAudit.self).isEmpty)
  }

  @Test func eachElementHasItsScoreItsRankAndItsReason() throws {
    let (audit, _) = try audit([("w", [3, 4], Self.w)], ["count": "3"])
    #expect(audit.scope == "local" && audit.unit == "element")
    let units = try #require(audit.tensors.first).units
    #expect(audit.tensors.map(\.name) == ["w"] && audit.tensors.map(\.node) == ["/w/MatMul"])
    #expect(units.map(\.score) == Self.w.map { Double($0.magnitude) })
    #expect(units.map(\.rank) == [9, 6, 4, 11, 1, 8, 3, 10, 2, 5, 12, 7])
    #expect(units.map(\.first) == Array(0..<12) && units.allSatisfy { $0.elements == 1 })
    #expect(units.indices.filter { !units[$0].isKept } == [4, 6, 8])
    #expect(units[4].reason == .low && units[4].rank == 1)
    #expect(units[8].reason == .low && units[8].rank == 2)
    #expect(units[6].reason == .laterOfEqual && units[6].rank == 3)
    #expect(units[2].reason == .earlierOfEqual && units[2].rank == 4)
    #expect(units[10].reason == .high && units[10].rank == 12)
  }

  @Test func boundsFloorsAndLocksAreReasons() throws {
    let bound = try audit([("w", [3, 4], Self.w)], ["threshold": "0.25"]).audit.tensors[0].units
    #expect(bound.map(\.reason).filter { $0 == .bound }.count == 2)
    #expect(bound[2].reason == .high)
    let floor = try audit(
      [("w", [3, 4], Self.w)], ["sparsity": "1", "keep-at-least": "0.25", "keep-zeros": "true"])
    let units = floor.audit.tensors[0].units
    #expect(units.indices.filter { units[$0].reason == .floor } == [3, 7, 10])
    #expect(units[4].reason == .locked && !units[4].isKept && units[4].rank == 1)
  }

  @Test func unitsAreNamedByTheirFirstElement() throws {
    let (audit, _) = try audit([("w", [3, 4], Self.w)], ["block": "column", "count": "1"])
    #expect(audit.unit == "column")
    let units = audit.tensors[0].units
    #expect(units.map(\.first) == [0, 4, 8] && units.allSatisfy { $0.elements == 4 })
    #expect(units.map(\.score) == [3.75, 2.5, 4.375])
    #expect(units.map(\.rank) == [2, 1, 3] && units.map(\.isKept) == [true, false, true])
  }

  @Test func patternsRankInTheirRuns() throws {
    let (audit, graph) = try audit([("w", [4, 3], Self.w)], ["block": "2:4"])
    #expect(audit.scope == "run" && audit.unit == "2:4")
    let units = audit.tensors[0].units
    for column in 0..<3 {
      #expect(Set((0..<4).map { units[$0 * 3 + column].rank ?? 0 }) == [1, 2, 3, 4])
    }
    #expect(units.map { $0.isKept ? 1 : 0 } == graph.mask())
  }

  @Test func whatIsLeftAloneSaysWhy() throws {
    let tensors: [(name: String, shape: [Int], values: [Float])] = [
      ("a", [2, 2], [1, 2, 3, 4]), ("b", [2, 2], [1, 2, 3, 4]),
    ]
    let ignored = try audit(tensors, ["sparsity": "0.5", "ignore": "b"]).audit.tensors
    #expect(ignored.map(\.refusal) == [nil, "the pass was told to leave it alone"])
    #expect(ignored[1].units.isEmpty)
    let limited = try audit(tensors, ["sparsity": "0.5"], maxRewrites: 1).audit.tensors
    #expect(limited[0].units.map(\.isKept) == [false, false, true, true])
    #expect(limited[1].units.map(\.isKept) == [true, true, true, true])
    #expect(limited[1].units.map(\.reason) == [.limit, .limit, .high, .high])
  }

  /// Exactly those of the lowest ranks go, and what is said to have gone is zero.
  @Test(
    arguments: 0..<20,
    [
      ["sparsity": "0.37"], ["sparsity": "0.6", "scope": "global"],
      ["keep": "0.3", "scope": "row"], ["block": "2x2", "sparsity": "0.5"],
      ["block": "2x1", "count": "5", "scope": "global", "keep-zeros": "true"],
      ["sparsity": "0.5", "scope": "global", "normalise": "layer-l2", "keep-at-least": "0.2"],
    ])
  func ranksAreTheOrderInWhichUnitsGo(_ seed: Int, _ options: [String: String]) throws {
    var numbers = Numbers(seed: UInt64(seed) + 77)
    let tensors: [(name: String, shape: [Int], values: [Float])] = [
      ("a", [5, 4], numbers.coarse(20)), ("b", [4, 6], numbers.coarse(24)),
    ]
    let (audit, graph) = try audit(tensors, options)
    let all = audit.tensors.flatMap(\.units)
    if options["scope"] == "global" {
      let gone = all.filter { !$0.isKept }.compactMap(\.rank)
      #expect(Set(gone) == Set(1..<(gone.count + 1)))
      #expect(Set(all.compactMap(\.rank)).count == all.count)
    }
    for (index, tensor) in audit.tensors.enumerated() {
      for unit in tensor.units where !unit.isKept {
        #expect(graph.values(index)[unit.first] == 0)
      }
      guard audit.scope == "local" else { continue }
      let gone = tensor.units.filter { !$0.isKept }.compactMap(\.rank)
      #expect(Set(gone) == Set(1..<(gone.count + 1)))
      let ranked = tensor.units.sorted { ($0.rank ?? 0) < ($1.rank ?? 0) }
      #expect(zip(ranked, ranked.dropFirst()).allSatisfy { ($0.score ?? 0) <= ($1.score ?? 0) })
    }
  }

  private func audit(obs options: [String: String]) throws -> (PruningAudit, error: Double) {
    let layer = try LayerCase()
    var context = PassContext(services: layer.services, audits: true)
    let all = options.merging(["data": "samples", "damp": "0"]) { $1 }
    let found = try layer.pruned(PruneObs.self, all, &context)
    let audit = try #require(context.results(of: PruningAudit.self).first)
    let kept = try #require(audit.tensors.first).units.map { $0.isKept ? 1 : 0 }
    #expect(kept == Array(mask(found).joined()))
    return (audit, layer.error(found))
  }

  /// Without damping, the costs of what a surgeon removed add up to the error of the layer.
  @Test(arguments: [["sparsity": "0.5"], ["sparsity": "0.5", "scope": "row"], ["block": "2:4"]])
  func costsOfTheSurgeonAreTheError(_ options: [String: String]) throws {
    let (audit, error) = try audit(obs: options.merging(["method": "obs"]) { $1 })
    let units = try #require(audit.tensors.first).units
    let costs = units.filter { !$0.isKept }.compactMap(\.score)
    #expect(costs.count >= 12 && units.allSatisfy { $0.rank == nil })
    #expect(abs(costs.reduce(0, +) - error) < 1e-3)
  }

  @Test func oneStretchIsPartedByItsScores() throws {
    let (audit, _) = try audit(obs: ["sparsity": "0.5", "columns": "6"])
    let units = try #require(audit.tensors.first).units
    let gone = units.filter { !$0.isKept }.compactMap(\.score)
    let kept = units.filter(\.isKept).compactMap(\.score)
    #expect(gone.count == 12 && kept.count == 12)
    #expect(try #require(gone.max()) < #require(kept.min()))
    #expect(units.allSatisfy { $0.reason == ($0.isKept ? .high : .low) })
  }
}
