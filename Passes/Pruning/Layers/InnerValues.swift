import CoppiceIR
import CoppicePassManager

/// Some inner values of a model, sample by sample.
struct InnerValues {
  private let graph: Graph
  private let taps: [ValueID]
  private let wanted: [ValueID]

  /// Chooses values; each once, inputs and constants too.
  init(_ wanted: [ValueID], _ graph: Graph) {
    self.graph = graph
    self.wanted = wanted
    var seen: Set<ValueID> = []
    taps = wanted.filter { graph.producer($0) != nil && seen.insert($0).inserted }
  }

  /// Calls `body` with the elements of the values for each sample.
  func run(
    _ samples: ModelSamples, _ services: PassServices,
    _ body: (_ sample: Int, _ values: [ValueID: Bytes]) throws -> Void
  ) throws {
    var fixed: [ValueID: Bytes] = [:]
    for value in wanted { fixed[value] = graph.constant(value)?.dense }
    let evaluator = try services.evaluator(graph, taps: taps)
    try evaluator.run(samples, gates: [GateSetting(count: 0)]) { answer in
      var values = fixed
      for (input, bytes) in zip(graph.inputs, samples.inputs[answer.sample]) {
        values[input] = bytes
      }
      for (value, bytes) in zip(taps, answer.taps) { values[value] = bytes }
      try body(answer.sample, values)
    }
  }
}
