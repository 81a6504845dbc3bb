import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// Counts, order and agreement of the second-order methods over random layers.
@Suite struct ObsPropertyTests {
  /// A chain of a grouped convolution, a convolution and a matrix product.
  private static let text = """
    graph @net(%x: f32[1,4,6,5]) {
      %w1 = constant ONE : f32[6,2,3,3]
      %w2 = constant TWO : f32[5,6,1,1]
      %w3 = constant THREE : f32[5,3]
      %a = Conv(%x, %w1) {group = 2, pads = [1,1,1,1]} : f32[1,6,6,5]
      %r = Relu(%a) : f32[1,6,6,5]
      %b = Conv(%r, %w2) : f32[1,5,6,5]
      %p = GlobalAveragePool(%b) : f32[1,5,1,1]
      %f = Flatten(%p) : f32[1,5]
      %y = MatMul(%f, %w3) : f32[1,3]
      return %y
    }
    """
  private static let counts = [108, 30, 15]

  private static func graph(_ seed: UInt64) throws -> Graph {
    var numbers = Numbers(seed: seed)
    var text = Self.text
    for (name, count) in zip(["ONE", "TWO", "THREE"], counts) {
      let values = numbers.fine(count).map { "\($0)" }.joined(separator: ", ")
      text = text.replacing(name, with: "[\(values)]")
    }
    return try Graph(parsing: text)
  }

  private static func services(_ seed: UInt64) -> PassServices {
    var numbers = Numbers(seed: seed)
    return samplesService((0..<6).map { _ in [Bytes(numbers.fine(120))] })
  }

  private static func pruned<P: Pass>(
    _ pass: P.Type, _ options: [String: String], _ seed: UInt64
  ) throws -> [[Double]] {
    var graph = try graph(seed)
    var context = PassContext(services: services(seed &+ 77))
    let all = options.merging(["data": "d"]) { $1 }
    try pass.init(options: PassOptions(all, for: pass.info)).run(on: &graph, &context)
    #expect(Verifier.check(graph).isEmpty)
    return graph.weights().compactMap { graph.constant($0.value)?.numbers }
  }

  @Test(arguments: ["0.3", "0.5", "0.77", "0.9"], ["sparsegpt", "obs"])
  func countsAreExact(_ sparsity: String, _ method: String) throws {
    let share = try #require(Double(sparsity))
    for columns in ["1", "4", "7", "128"] {
      let found = try Self.pruned(
        PruneObs.self, ["sparsity": sparsity, "method": method, "columns": columns], 3)
      for (values, count) in zip(found, Self.counts) {
        #expect(values.count { $0 == 0 } == Int((share * Double(count)).rounded(.down)))
      }
      if method == "obs" { break }
    }
  }

  @Test func rowsLoseEqualCounts() throws {
    for method in ["sparsegpt", "obs"] {
      let found = try Self.pruned(
        PruneObs.self, ["sparsity": "0.5", "method": method, "scope": "row"], 5)
      for row in 0..<6 { #expect(found[0][(row * 18)..<(row * 18 + 18)].count { $0 == 0 } == 9) }
      for row in 0..<5 { #expect(found[1][(row * 6)..<(row * 6 + 6)].count { $0 == 0 } == 3) }
    }
  }

  @Test func aCountIsSharedOutOverTheColumns() throws {
    let found = try Self.pruned(PruneObs.self, ["count": "7", "columns": "4"], 6)
    #expect(found.map { $0.count { $0 == 0 } } == [7, 7, 7])
  }

  /// Of each three input channels of a tap, one stays.
  @Test(arguments: ["sparsegpt", "obs"]) func patternsRunOverInputChannels(_ method: String) throws
  {
    let found = try Self.pruned(PruneObs.self, ["block": "1:3", "method": method], 7)
    for row in 0..<5 {
      for part in [0, 3] {
        #expect(found[1][(row * 6 + part)..<(row * 6 + part + 3)].count { $0 != 0 } == 1)
      }
    }
    // Two channels of a group are a rest of two: one goes.
    for filter in 0..<6 {
      for tap in 0..<9 {
        #expect([0, 1].count { found[0][(filter * 2 + $0) * 9 + tap] == 0 } == 1)
      }
    }
  }

  @Test func blocksGoAsAWhole() throws {
    let found = try Self.pruned(PruneObs.self, ["block": "2x3", "sparsity": "0.5"], 8)
    // Bands of rows 0-1, 2-3 and 4, each with two blocks: three of six go.
    let blocks = [(0, 2), (2, 4), (4, 5)].flatMap { first, end in
      [0, 3].map { column in
        (first..<end).flatMap { row in (0..<3).map { found[1][row * 6 + column + $0] } }
      }
    }
    #expect(blocks.count { $0.allSatisfy { $0 == 0 } } == 3)
    #expect(blocks.joined().count { $0 == 0 } == blocks.filter { $0[0] == 0 }.joined().count)
    let columns = try Self.pruned(PruneObs.self, ["block": "column", "sparsity": "0.5"], 8)
    for (column, isGone) in (0..<6).map({ column in
      (column, (0..<5).map { columns[1][$0 * 6 + column] == 0 })
    }) {
      #expect(Set(isGone).count == 1, "column \(column)")
    }
  }

  @Test(arguments: ["sparsegpt", "obs"]) func zerosStayWhereTheyAreLocked(_ method: String) throws {
    var graph = try Self.graph(9)
    var context = PassContext(services: Self.services(9))
    try PruneMagnitude(options: PassOptions(["sparsity": "0.4"], for: PruneMagnitude.info)).run(
      on: &graph, &context)
    let before = graph.weights().compactMap { graph.constant($0.value)?.numbers }
    for sparsity in ["0.2", "0.6"] {
      let options = ["data": "d", "sparsity": sparsity, "keep-zeros": "true", "method": method]
      try PruneObs(options: PassOptions(options, for: PruneObs.info)).run(on: &graph, &context)
      let after = graph.weights().compactMap { graph.constant($0.value)?.numbers }
      let share = sparsity == "0.2" ? 0.4 : 0.6
      for (old, new) in zip(before, after) {
        #expect(zip(old, new).allSatisfy { $0 != 0 || $1 == 0 })
        #expect(new.count { $0 == 0 } == Int((share * Double(new.count)).rounded(.down)))
      }
    }
  }

  @Test func aFloorKeepsAShare() throws {
    let found = try Self.pruned(PruneObs.self, ["sparsity": "1", "keep-at-least": "0.25"], 10)
    #expect(found.map { $0.count { $0 != 0 } } == [27, 8, 4])
  }

  /// The first layer has no layer before it; later ones do.
  @Test func inputsAreMeasuredBehindPrunedLayers() throws {
    let behind = try Self.pruned(PruneObs.self, ["sparsity": "0.6"], 11)
    let dense = try Self.pruned(PruneObs.self, ["sparsity": "0.6", "inputs": "dense"], 11)
    #expect(behind[0] == dense[0])
    #expect(behind[1] != dense[1])
    #expect(try Self.pruned(PruneObs.self, ["sparsity": "0.6"], 11) == behind)
  }

  /// Sparse by halves in one stretch of columns, the results differ less than by magnitude.
  @Test(arguments: 0..<6) func resultsDifferLessThanByMagnitude(_ seed: UInt64) throws {
    let dense = try Self.graph(seed)
    func error<P: Pass>(_ pass: P.Type, _ options: [String: String]) throws -> Double {
      var graph = dense
      var context = PassContext(services: Self.services(seed))
      try pass.init(options: PassOptions(options, for: pass.info)).run(on: &graph, &context)
      let samples = try Self.services(seed).readSamples("", dense)
      return try samples.inputs.reduce(0) { sum, inputs in
        let x = inputs.map { Constant(TensorType(.float32, [1, 4, 6, 5]), .dense($0)) }
        let (a, b) = (try GraphEvaluator(dense).outputs(x), try GraphEvaluator(graph).outputs(x))
        return zip(a[0].numbers, b[0].numbers).reduce(sum) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
    }
    let magnitude = try error(PruneMagnitude.self, ["sparsity": "0.5"])
    #expect(
      try error(PruneObs.self, ["data": "d", "sparsity": "0.5", "method": "obs"]) < magnitude)
  }

  @Test(arguments: ["0.3", "0.5", "0.77"]) func wandaCountsAreExact(_ sparsity: String) throws {
    let share = try #require(Double(sparsity))
    for (scope, expected) in [
      ("row", [(6, 18), (5, 6), (3, 5)].map { $0 * Int((share * Double($1)).rounded(.down)) }),
      ("local", Self.counts.map { Int((share * Double($0)).rounded(.down)) }),
    ] {
      let found = try Self.pruned(PruneWanda.self, ["sparsity": sparsity, "scope": scope], 13)
      #expect(found.map { $0.count { $0 == 0 } } == expected)
    }
    let all = try Self.pruned(PruneWanda.self, ["sparsity": sparsity, "scope": "global"], 13)
    #expect(all.joined().count { $0 == 0 } == Int((share * 153).rounded(.down)))
  }
}
