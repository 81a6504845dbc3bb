import Coppice
import CoppiceIR
import CoppicePassManager
import CoppicePasses
import CoppiceTestSupport
import Testing

/// What a record says of filters, beside what the loss does without them.
@Suite struct TaylorOracleTests {
  private static let record = Program.root + "/Tests/DriverTests/Records/digits_taylor.safetensors"

  /// The change of the loss on the held-out samples without each unit, by magnitude.
  private static let oracle = Result {
    let graph = try Digits.graph()
    let filters = FilterGates(graph, PassContext())
    let meter = try ModelMeter(
      graph, gates: filters.gates, on: Digits.samples(), services: .host)
    let count = filters.gates.count
    let losses = try meter.measure((0..<count).map { GateSetting(off: [$0], count: count) })
    return losses.map { ($0.loss - meter.base.loss).magnitude }
  }

  /// The score of each unit, in the order of the gates: the first layer's filters, then the second's.
  private func scores(_ options: [String: String]) throws -> [Double] {
    var graph = try Digits.graph()
    var context = PassContext(services: .host)
    let all = ["record": Self.record, "count": "1", "scope": "global"].merging(options) { $1 }
    try PruneFilters(options: PassOptions(all, for: PruneFilters.info)).run(on: &graph, &context)
    let layers = try #require(context.results(of: PrunedFilters.self).first).layers
    #expect(layers.map(\.filters).prefix(3) == [16, 24, 24])
    #expect(layers[1].scores == layers[2].scores)
    return layers.prefix(2).flatMap { $0.scores.compactMap { $0 } }
  }

  @Test(arguments: [
    ["criterion": "taylor"], ["criterion": "taylor", "normalise": "none"],
    ["criterion": "taylor-gate"],
  ])
  func taylorRanksFiltersAsTheOracleDoes(_ options: [String: String]) throws {
    let oracle = try Self.oracle.get()
    let found = try scores(options)
    #expect(oracle.count == 40 && found.count == 40)
    let correlation = spearman(found, oracle)
    print("Spearman of \(options.values.sorted()) with the oracle: \(correlation)")
    #expect(correlation > 0.9)
  }

  @Test func normsRankThemWorse() throws {
    let oracle = try Self.oracle.get()
    var graph = try Digits.graph()
    var context = PassContext()
    let options = ["count": "1", "scope": "global"]
    try PruneFilters(options: PassOptions(options, for: PruneFilters.info)).run(
      on: &graph, &context)
    let layers = try #require(context.results(of: PrunedFilters.self).first).layers
    let found = layers.prefix(2).flatMap { $0.scores.compactMap { $0 } }
    let taylor = try scores(["criterion": "taylor"])
    #expect(spearman(found, oracle) < spearman(taylor, oracle))
  }

  private func spearman(_ x: [Double], _ y: [Double]) -> Double {
    let (a, b) = (ranks(x), ranks(y))
    let mean = Double(a.count + 1) / 2
    var (product, first, second) = (0.0, 0.0, 0.0)
    for (p, q) in zip(a, b) {
      product += (p - mean) * (q - mean)
      first += (p - mean) * (p - mean)
      second += (q - mean) * (q - mean)
    }
    return product / (first * second).squareRoot()
  }

  /// Ranks from 1; equal numbers share the mean of theirs.
  private func ranks(_ numbers: [Double]) -> [Double] {
    numbers.map { number in
      let lower = numbers.count { $0 < number }
      let equal = numbers.count { $0 == number }
      return Double(lower) + Double(equal + 1) / 2
    }
  }
}
