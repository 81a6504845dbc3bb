import CoppiceIR
import CoppicePassManager

/// Goes through a model layer by layer, measures what each one reads and prunes it.
struct ObsRun {
  let settings: ObsSettings
  let measured: MeasuredLayers
  private var walk: SampleWalk
  private var grams: [Int: InputGram] = [:]
  private let dense: Graph

  init(
    _ settings: ObsSettings, _ measured: MeasuredLayers, _ samples: ModelSamples, _ graph: Graph,
    _ services: PassServices
  ) {
    (self.settings, self.measured, dense) = (settings, measured, graph)
    walk = SampleWalk(samples, graph, stops: measured.layers.flatMap(\.stops), services)
  }

  /// Prunes every layer when the last operator that reads its weight is reached.
  mutating func run(
    on graph: inout Graph, _ pruning: ElementPruning, _ context: inout PassContext
  ) throws -> [Int: ZeroingOutcome] {
    var outcomes: [Int: ZeroingOutcome] = [:]
    let places = Dictionary(uniqueKeysWithValues: graph.nodes.enumerated().map { ($1, $0) })
    let events = measured.layers.indices.flatMap { index in
      measured.layers[index].inputs.indices.map { (layer: index, reader: $0) }
    }.sorted {
      let (a, b) = (node($0), node($1))
      return a == b
        ? ($0.layer, $0.reader) < ($1.layer, $1.reader)
        : (places[a] ?? 0, a) < (places[b] ?? 0, b)
    }
    for event in events {
      let layer = measured.layers[event.layer]
      try measure(layer, event, settings.inputs == .dense ? dense : graph)
      guard event.reader == layer.inputs.count - 1 else { continue }
      let outcome = try prune(layer, event.layer, graph, &context)
      guard pruning.apply(outcome, to: layer.weight, on: &graph, &context) else { return outcomes }
      outcomes[event.layer] = outcome
    }
    return outcomes
  }

  private func node(_ event: (layer: Int, reader: Int)) -> NodeID {
    measured.layers[event.layer].inputs[event.reader].node
  }

  private mutating func measure(
    _ layer: MeasuredLayer, _ event: (layer: Int, reader: Int), _ graph: Graph
  ) throws {
    let (node, input) = layer.inputs[event.reader]
    let values = try walk.values(
      at: SampleWalk.Stop(node: node, value: input.value), in: graph)
    var gram =
      grams.removeValue(forKey: event.layer) ?? InputGram(groups: layer.grid.groups, order(layer))
    for (sample, bytes) in values.enumerated() {
      gram.add(
        try graph.finiteNumbers(bytes, of: input.value, sample: sample, at: node), input)
    }
    grams[event.layer] = gram
  }

  private func order(_ layer: MeasuredLayer) -> ColumnOrder {
    ColumnOrder(
      channels: layer.grid.columns, taps: layer.grid.taps, settings.selection.granularity)
  }

  private mutating func prune(
    _ layer: MeasuredLayer, _ index: Int, _ graph: Graph, _ context: inout PassContext
  ) throws -> ZeroingOutcome {
    guard let gram = grams.removeValue(forKey: index) else { return ZeroingOutcome() }
    let name = graph[layer.weight.value].name
    let place = graph.location(layer.inputs[0].node)
    let order = order(layer)
    if !gram.damp(settings.damp) { context.note(.noInput(name), at: place) }
    if gram.rows < order.slots.count {
      context.note(.fewSamples(name, gram.rows, order.slots.count), at: place)
    }
    for matrix in gram.matrices where !matrix.invertFactor() {
      throw Diagnostic(.error, .singular(name), at: place)
    }
    let weights = SlotWeights(layer.weight.constant, layer.grid, order)
    let gone: [Bool]
    if settings.method == .sparsegpt {
      var work = SparseGPT(
        weights, gram.matrices, order, settings.selection, columns: settings.columns)
      try work.prune()
      gone = work.gone
    } else {
      var work = OptimalBrainSurgeon(weights, gram.matrices, order, settings.selection)
      work.prune()
      gone = work.gone
    }
    return outcome(layer, weights, order, gone)
  }

  private func outcome(
    _ layer: MeasuredLayer, _ weights: SlotWeights, _ order: ColumnOrder, _ gone: [Bool]
  ) -> ZeroingOutcome {
    let old = layer.weight.constant
    guard gone.contains(true) else { return ZeroingOutcome(nonzeros: old.nonzeroCount) }
    let new = weights.constant(like: old, layer.grid, order, gone: gone)
    var outcome = ZeroingOutcome(constant: new == old ? nil : new)
    let (before, after) = (old.dense, new.dense)
    for index in 0..<old.type.count {
      let isZero = after.number(at: index, old.type.element) == 0
      if !isZero { outcome.nonzeros += 1 }
      if isZero, before.number(at: index, old.type.element) != 0 { outcome.zeroed += 1 }
    }
    return outcome
  }
}

extension DiagnosticMessage {
  fileprivate static func noInput(_ name: String) -> Self {
    Self(
      "obs-no-input",
      "on these samples the input of '\(name)' is zero everywhere: it is pruned by magnitude")
  }

  fileprivate static func fewSamples(_ name: String, _ rows: Int, _ columns: Int) -> Self {
    Self(
      "obs-few-samples",
      "the samples give \(rows) rows of input for the \(columns) columns of '\(name)': the damping "
        + "decides what they leave open",
      notes: ["give more samples"])
  }

  fileprivate static func singular(_ name: String) -> Self {
    Self(
      "obs-singular", "the Hessian of '\(name)' cannot be inverted",
      notes: ["give a larger damp, or more samples"])
  }
}
