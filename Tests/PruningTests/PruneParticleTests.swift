import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Synchronization
import Testing

/// The steps of the particle filter against the reference numbers, and the search against all masks.
@Suite struct PruneParticleTests {
  private func isClose(_ x: [Double], _ y: [Double]) -> Bool {
    x.count == y.count && zip(x, y).allSatisfy { abs($0 - $1) < 1e-6 }
  }

  @Test func weightsAreSharesOfTheAccuracy() {
    let weights = Particles.weights([0.92, 0.75, 0.4, 0.88, 0.6], .accuracy)
    #expect(isClose(weights, [0.259155, 0.211268, 0.112676, 0.247887, 0.169014]))
    #expect(isClose([Particles.effectiveCount(weights)], [4.661895]))
    #expect(Particles.weights([0, 0], .accuracy) == [0.5, 0.5])
  }

  @Test(arguments: [
    (0.0, [0, 0, 1, 3, 3]), (0.25, [0, 0, 1, 3, 4]), (0.5, [0, 1, 2, 3, 4]),
    (0.75, [0, 1, 2, 3, 4]),
  ])
  func resamplingIsSystematic(_ u: Double, _ drawn: [Int]) {
    #expect(
      Particles.resample(Particles.weights([0.92, 0.75, 0.4, 0.88, 0.6], .accuracy), u: u) == drawn)
  }

  @Test func resamplingFollowsUnequalWeights() {
    let gibbs = Particles.weights([0.92, 0.75, 0.4, 0.88, 0.6], .gibbs)
    #expect(isClose(gibbs, [0.526515, 0.096186, 0.002905, 0.352933, 0.021462]))
    #expect(Particles.resample(gibbs, u: 0.5) == [0, 0, 0, 3, 3])
    #expect(abs(Particles.effectiveCount(gibbs) - 2.430132) < 1e-5)
    let steep = [0.9, 0.05, 0.02, 0.02, 0.01]
    #expect(Particles.resample(steep, u: 0.5) == [0, 0, 0, 0, 1])
    #expect(abs(Particles.effectiveCount(steep) - 1.229407) < 1e-6)
    for u in [0.25, 0.5] {
      #expect(Particles.resample([0.45, 0.25, 0.05, 0.25], u: u) == [0, 0, 1, 3])
    }
  }

  private static let net = """
    graph @net(%x: f32[1,2]) {
      %w1 = constant [1.0, -2.0, 0.5, 0.5, 3.0, 0.75, -1.0, 1.25] : f32[4,2]
      %w2 = constant [1.0, 0.0, -1.0, 2.0, 0.25, 0.25, 0.5, -0.25] : f32[2,4]
      %a = Gemm(%x, %w1) {transB = 1} : f32[1,4]
      %r = Relu(%a) : f32[1,4]
      %y = Gemm(%r, %w2) {transB = 1} : f32[1,2]
      return %y
    }
    """
  private static let samples = ModelSamples(
    inputs: ([[1, 0], [0, 1], [1, 1], [-1, 2], [2, -1]] as [[Float]]).map { [Bytes($0)] })

  /// The masks of a net whose own classes are the right ones.
  private func accuracies(_ off: [[Int]]) throws -> [Double] {
    let graph = try Graph(parsing: Self.net)
    let filters = FilterGates(graph, PassContext())
    let meter = try ModelMeter(
      graph, gates: filters.gates, on: Self.samples, services: PassServices())
    return try meter.measure(off.map { GateSetting(off: $0, count: 4) }).compactMap(\.accuracy)
  }

  @Test func oneStepOfTheReferenceCase() throws {
    let found = try accuracies([[0], [1], [2], [3]])
    #expect(isClose(found, [1, 1, 0.4, 0.6]))
    let weights = Particles.weights(found, .accuracy)
    #expect(isClose(weights, [0.3333333, 0.3333333, 0.1333333, 0.2]))
    #expect(isClose([Particles.effectiveCount(weights)], [3.571429]))
    let drawn = Particles.resample(weights, u: 0.5)
    #expect(drawn == [0, 1, 1, 3])
    let moved = zip(drawn, [1, 2, 0, 3]).map { Array(Set([$0, $1])).sorted() }
    #expect(moved == [[0, 1], [1, 2], [0, 1], [3]])
    #expect(isClose(try accuracies(moved), [1, 0.4, 1, 0.6]))
  }

  private func prune(_ options: [String: String]) throws -> (off: [Int], context: PassContext) {
    var graph = try Graph(parsing: Self.net)
    var context = PassContext(services: PassServices(readSamples: { _, _ in Self.samples }))
    let all = options.merging(["data": "samples"]) { $1 }
    try PruneParticle(options: PassOptions(all, for: PruneParticle.info)).run(on: &graph, &context)
    #expect(Verifier.check(graph).isEmpty)
    let layers = context.results(of: PrunedFilters.self).flatMap(\.layers)
    return (layers.first?.removed ?? [], context)
  }

  @Test(arguments: ["0", "1", "-7"]) func theBestOfAllMasksIsFound(_ seed: String) throws {
    let pairs = (0..<4).flatMap { a in ((a + 1)..<4).map { [a, $0] } }
    let best = try accuracies(pairs).max()
    let (off, context) = try prune(["sparsity": "0.5", "seed": seed])
    #expect(off.count == 2)
    #expect(try accuracies([off]).first == best)
    #expect(context.total("evaluations", of: "") <= 4 + pairs.count)
  }

  @Test func aSeedGivesTheSameAndTheBudgetIsKept() throws {
    let options = ["sparsity": "0.5", "seed": "3", "evaluations": "3", "particles": "2"]
    let (first, second) = (try prune(options), try prune(options))
    #expect(first.off == second.off)
    #expect(first.context.total("evaluations", of: "") == 3)
  }

  /// Accuracies of all that was measured, as the state keeps them.
  private final class Notes: MeasuringState {
    let accuracies = Mutex<[Double]>([])

    func value(_ key: [UInt8]) -> [UInt8]? { nil }
    func note(_ value: [UInt8], _ key: [UInt8]) {
      let bits = (0..<8).reduce(UInt64(0)) { $0 | UInt64(value[8 + $1]) << UInt64($1 * 8) }
      accuracies.withLock { $0.append(Double(bitPattern: bits)) }
    }
    func save() {}
  }

  /// Nothing that was measured is more accurate than the answer, however it starts.
  @Test(arguments: ["l1", "random"], ["1", "2", "3"])
  func theAnswerIsTheBestThatWasMeasured(_ start: String, _ seed: String) throws {
    let notes = Notes()
    let services = PassServices(
      readSamples: { _, _ in Self.samples }, openState: { _, _ in notes })
    var graph = try Graph(parsing: Self.net)
    var context = PassContext(services: services)
    let options = [
      "data": "samples", "state": "state", "sparsity": "0.5", "start": start, "seed": seed,
      "evaluations": "4", "particles": "2", "mask-only": "true",
    ]
    try PruneParticle(options: PassOptions(options, for: PruneParticle.info)).run(
      on: &graph, &context)
    let meter = try ModelMeter(
      try Graph(parsing: Self.net), gates: ModelGates(), on: Self.samples, services: services)
    #expect(meter.base.accuracy == 1)
    let layers = context.results(of: PrunedFilters.self).flatMap(\.layers)
    let off = try #require(layers.first).removed
    #expect(off.count == 2)
    #expect(try accuracies([off]).first == notes.accuracies.withLock { $0.max() })
  }

  @Test func theGeneratorIsSplitMix64() {
    var random = SplitMix64(seed: 0)
    #expect(random.next() == 0xE220_A839_7B1D_CDAF && random.next() == 0x6E78_9E6A_A1B9_65F4)
    for _ in 0..<1000 {
      #expect((0..<7).contains(random.index(below: 7)))
      #expect((0..<1).contains(random.nextFraction()))
    }
  }
}
