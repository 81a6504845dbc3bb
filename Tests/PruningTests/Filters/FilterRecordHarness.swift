import CoppiceIR
import CoppicePassManager
import CoppicePasses
import Testing

/// A training record in memory, made of the weights of a graph.
struct FilterRecordHarness: NamedTensors {
  var metadata: [String: String]
  private var tensors: [String: Constant] = [:]

  var names: [String] { tensors.keys.sorted() }

  func tensor(_ name: String) throws(DiagnosticMessage) -> Constant? { tensors[name] }

  /// A record that holds the named constants as they are.
  init(_ graph: Graph, _ weights: [String], _ metadata: [String: String] = [:]) throws {
    let parameters = weights.map { "\"\($0)\":{}" }.joined(separator: ",")
    self.metadata = ["format": "prunerec/1", "masks_active": "false", "params": "{\(parameters)}"]
      .merging(metadata) { $1 }
    for name in weights {
      let value = try #require(graph.constantValues.first { graph[$0].name == name })
      tensors["\(name)/final"] = graph.constant(value)
    }
  }

  /// Adds what was recorded of a parameter.
  mutating func add(_ weight: String, _ key: String, _ shape: [Int], _ values: [Double]) {
    tensors["\(weight)/\(key)"] = Constant(values.map { Float($0) }, .float32, shape)
  }

  /// The filters that go, by weight, and the context.
  func prune(
    _ graph: Graph, _ options: [String: String]
  ) throws -> (removed: [String: String], context: PassContext) {
    var graph = graph
    var context = PassContext(services: PassServices { _ in self })
    let all = options.merging(["record": "run.safetensors"]) { $1 }
    try PruneFilters(options: PassOptions(all, for: PruneFilters.info)).run(on: &graph, &context)
    #expect(Verifier.check(graph).map(\.description) == [])
    let report = try #require(context.results(of: PrunedFilters.self).first)
    return (FilterHarness.which(report), context)
  }

  /// The filters in the order in which more and more of them go, as `layer.index`.
  func order(_ graph: Graph, _ options: [String: String], count: Int) throws -> [String] {
    var order: [String] = []
    for number in 1...count {
      let found = try prune(graph, options.merging(["count": "\(number)"]) { $1 }).removed
      let gone = found.flatMap { weight, filters in
        filters.split(separator: " ").map { "\(weight).\($0)" }
      }
      order += gone.filter { !order.contains($0) }
    }
    return order
  }

  /// Whether a filter goes below a bound just over its score and stays at one just under it.
  func hasScore(
    _ score: Double, _ filter: String, _ graph: Graph, _ options: [String: String],
    within bound: Double = 2e-6
  ) throws -> Bool {
    let parts = filter.split(separator: ".").map(String.init)
    let goes = { (bound: Double) in
      let options = options.merging(["threshold": "\(bound)", "scope": "global"]) { $1 }
      let found = try prune(graph, options).removed[parts[0]] ?? ""
      return found.split(separator: " ").contains { $0 == parts[1] }
    }
    let slack = bound * max(1, score)
    return try goes(score + slack) && !goes(max(0, score - slack))
  }
}
