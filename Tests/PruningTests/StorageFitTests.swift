import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// Four bytes for each nonzero and eight for each tensor; but a tensor is dense until half is gone.
private struct Bytes8: StoragePlanning {
  func bytes(_ constant: Constant) -> Int {
    let nonzeros = constant.nonzeroCount
    return nonzeros * 2 > constant.type.count ? constant.type.count * 4 : 8 + nonzeros * 4
  }

  func chooseStorages(
    _ graph: Graph, _ request: StorageRequest
  ) -> [ValueID: StorageDecision] {
    var decisions: [ValueID: StorageDecision] = [:]
    for value in request.constants {
      guard let constant = graph.constant(value) else { continue }
      let bytes = bytes(constant) * (request.preference == .time ? 2 : 1)
      decisions[value] = StorageDecision(
        .dense, nonzeros: constant.nonzeroCount, bytes: bytes, reason: "test")
    }
    return decisions
  }
}

/// `bytes=` prunes as little as fits.
@Suite struct StorageFitTests {
  private let services = PassServices(storages: Bytes8())

  private func pruned(
    _ seed: Int, _ options: [String: String]
  ) throws -> (graph: WeightGraph, bytes: Int) {
    var numbers = Numbers(seed: UInt64(seed) + 5)
    var graph = WeightGraph(width: 6)
    graph.add("a", shape: [6, 8], numbers.fine(48))
    graph.add("b", shape: [8, 5], numbers.coarse(40))
    try graph.run(PruneMagnitude.self, options, services: services)
    let constants = graph.weights.compactMap { graph.graph.constant($0) }
    return (graph, constants.reduce(0) { $0 + Bytes8().bytes($1) })
  }

  private func zeros(_ graph: WeightGraph) -> [Bool] {
    (graph.mask(0) + graph.mask(1)).map { $0 == 0 }
  }

  @Test(arguments: 0..<8, [40, 99, 100, 101, 150, 208, 250, 351])
  func asFewGoAsFit(_ seed: Int, _ limit: Int) throws {
    let (graph, bytes) = try pruned(seed, ["bytes": "\(limit)", "scope": "global"])
    #expect(bytes <= limit)
    let gone = zeros(graph)
    let dense = try pruned(seed, ["count": "0"]).graph
    let locked = zeros(dense).count { $0 }
    let count = max(gone.count { $0 }, locked)
    if count > locked {
      let less = try pruned(seed, ["count": "\(count - 1)", "scope": "global"])
      #expect(less.bytes > limit)
    }
    let tighter = try pruned(seed, ["bytes": "\(limit - 20)", "scope": "global"]).graph
    #expect(zip(gone, zeros(tighter)).allSatisfy { !$0 || $1 })
  }

  @Test(arguments: ["local", "row", "global"]) func everyScopeFits(_ scope: String) throws {
    for block in ["element", "2x1", "row", "column"] {
      let options = ["bytes": "180", "scope": scope, "block": block]
      let (graph, bytes) = try pruned(3, options)
      #expect(bytes <= 180)
      #expect(try pruned(3, options).graph.mask() == graph.mask())
    }
  }

  /// The same share of each tensor goes where each is ranked by itself.
  @Test func localTensorsLoseTheSameShare() throws {
    let (graph, _) = try pruned(1, ["bytes": "120", "keep-zeros": "true"])
    let shares = [0, 1].map { index in
      Double(graph.mask(index).count { $0 == 0 }) / Double(graph.mask(index).count)
    }
    #expect(abs(shares[0] - shares[1]) <= 1.0 / 40 + 1e-9)
  }

  @Test func whatFitsStaysAndWhatCannotIsRefused() throws {
    #expect(try pruned(0, ["bytes": "1K"]).graph.mask(0).allSatisfy { $0 == 1 })
    for options in [
      ["bytes": "15"], ["bytes": "60", "keep-at-least": "0.9"], ["bytes": "x"],
      ["bytes": "100", "sparsity": "0.5"], ["bytes": "100", "block": "2:4"],
      ["sparsity": "0.5", "prefer": "time"],
    ] {
      #expect(throws: DiagnosticMessage.self, "\(options)") { try pruned(0, options) }
    }
    #expect(try pruned(0, ["bytes": "100", "prefer": "time"]).bytes <= 50)
    var graph = WeightGraph(width: 2)
    graph.add("w", shape: [2, 2], [1, 2, 3, 4])
    #expect(throws: DiagnosticMessage.self) { try graph.run(PruneMagnitude.self, ["bytes": "8"]) }
  }
}
