import CoppiceIR
import CoppicePassManager

/// Goes through a model layer by layer, measures what each one reads and prunes it.
struct ObsRun {
  let settings: ObsSettings
  let measured: MeasuredLayers
  private var walk: SampleWalk
  private var grams: [Int: InputGram] = [:]
  private let dense: Graph
  private let log: LayerLog
  /// What is accounted for of each layer; empty unless the context audits.
  private(set) var accounts: [Int: ObsAccount] = [:]

  init(
    _ settings: ObsSettings, _ measured: MeasuredLayers, _ samples: ModelSamples, _ graph: Graph,
    _ services: PassServices, _ log: LayerLog
  ) {
    (self.settings, self.measured, self.log, dense) = (settings, measured, log, graph)
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
      let known = context.audits ? nil : PrunedLayer(log, layer.weight, graph)
      if known == nil { try measure(layer, event, settings.inputs == .dense ? dense : graph) }
      guard event.reader == layer.inputs.count - 1 else { continue }
      let pruned = try known ?? prune(layer, event.layer, graph, audits: context.audits)
      if known == nil { try log.note(pruned.bytes, of: layer.weight, graph) }
      pruned.tell(
        graph[layer.weight.value].name, at: graph.location(layer.inputs[0].node), &context)
      log.tell("layers pruned", outcomes.count + 1, of: measured.layers.count)
      let outcome = pruned.outcome(layer.weight.constant)
      guard pruning.apply(outcome, to: layer.weight, on: &graph, &context) else { break }
      outcomes[event.layer] = outcome
      if layer.weight.constant.storage.kind == .dense { layer.weight.constant.dense.letGo() }
    }
    try log.save()
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
    _ layer: MeasuredLayer, _ index: Int, _ graph: Graph, audits: Bool
  ) throws -> PrunedLayer {
    let old = layer.weight.constant
    guard let gram = grams.removeValue(forKey: index) else { return PrunedLayer(constant: old) }
    let order = order(layer)
    var pruned = PrunedLayer(constant: old, rows: gram.rows, columns: order.slots.count)
    pruned.hasInput = gram.damp(settings.damp)
    for matrix in gram.matrices where !matrix.invertFactor() {
      throw Diagnostic(
        .error, .singular(graph[layer.weight.value].name),
        at: graph.location(layer.inputs[0].node))
    }
    let weights = SlotWeights(old, layer.grid, order)
    let (gone, scores) = try choose(weights, gram.matrices, order, audits: audits)
    if audits { accounts[index] = ObsAccount(layer, order, gone, scores) }
    if gone.contains(true) {
      pruned.constant = weights.constant(like: old, layer.grid, order, gone: gone)
    }
    return pruned
  }

  private func choose(
    _ weights: SlotWeights, _ matrices: [SlotMatrix], _ order: ColumnOrder, audits: Bool
  ) throws -> (gone: [Bool], scores: Scratch<Double>?) {
    switch settings.method {
    case .sparsegpt:
      var work = SparseGPT(
        weights, matrices, order, settings.selection, columns: settings.columns,
        keepsScores: audits)
      try work.prune()
      return (work.gone, work.scores)
    case .obs:
      var work = OptimalBrainSurgeon(
        weights, matrices, order, settings.selection, keepsScores: audits)
      work.prune()
      return (work.gone, work.scores)
    }
  }
}

extension DiagnosticMessage {
  fileprivate static func singular(_ name: String) -> Self {
    Self(
      "obs-singular", "the Hessian of '\(name)' cannot be inverted",
      notes: ["give a larger damp, or more samples"])
  }
}
