import CoppiceIR
import CoppicePassManager

extension FilterRewriting {
  /// Removes the filters or zeroes them, and says so.
  func apply(to graph: inout Graph, isMaskOnly: Bool, _ context: inout PassContext) throws {
    if isMaskOnly {
      mask(&graph)
    } else {
      noteRemoved(&context)
      context.leave(try remove(from: &graph))
    }
    report(to: &context)
  }

  /// Says which filters each layer loses, and counts them.
  private func report(to context: inout PassContext) {
    var pruned = PrunedFilters(layers: [])
    for layer in analysis.layers {
      let gone = layer.units.indices.filter { isRemoved(layer.units[$0]) }
      context.count("filters-removed", by: gone.count)
      if !gone.isEmpty { context.count("layers-pruned") }
      pruned.layers.append(
        PrunedFilters.Layer(
          weight: analysis.graph[layer.weight].name, node: analysis.graph[layer.node].name,
          filters: layer.units.count, removed: gone,
          keptBecause: analysis.refusal(layer)?.text, stays: stays(layer),
          scores: layer.units.map { scores[analysis.forest.root($0)] }))
    }
    context.leave(pruned)
  }

  /// The filters of a layer that stay for another reason than their scores.
  private func stays(_ layer: FilterLayer) -> [PrunedFilters.Stay] {
    var found: [PrunedFilters.Stay] = []
    var numbers: [String: Int] = [:]
    for (index, unit) in layer.units.enumerated() {
      let root = analysis.forest.root(unit)
      let fixed = root == UnitForest.fixed ? "it goes with what is no channel of a layer" : nil
      guard let reason = analysis.forest.refusal(root)?.text ?? stays[root] ?? fixed else {
        continue
      }
      if let number = numbers[reason] {
        found[number].filters.append(index)
      } else {
        numbers[reason] = found.count
        found.append(PrunedFilters.Stay(filters: [index], reason: reason))
      }
    }
    return found
  }
}

extension FilterAnalysis {
  /// Keeps the layers whose weights or nodes are named.
  mutating func refuse(_ ignored: IgnoredNames) {
    for layer in layers {
      let names = [graph[layer.node].name] + layer.parts.map { graph[$0.weight].name }
      guard ignored.contains(names) else { continue }
      for unit in layer.units { forest.refuse(unit, reason(layer.node, "is named by ignore")) }
    }
  }

  /// The first reason in the file why filters of a layer stay.
  func refusal(_ layer: FilterLayer) -> Refusal? {
    layer.units.compactMap { forest.refusal($0) }.min { $0 < $1 }
  }

  /// Why a pass finds no filter that could go.
  func nothing(for pass: String) -> DiagnosticMessage {
    var notes = layers.map { layer in
      let reason = refusal(layer)?.text ?? "it has no channels that could go"
      return "'\(graph[layer.weight].name)' keeps its filters: \(reason)"
    }
    let waiting = graph.computedWeights()
    if let first = waiting.first {
      let (source, reader) = (graph[first.source], graph[first.node])
      notes.append(
        "\(waiting.count == 1 ? "1 weight is no constant" : "\(waiting.count) weights are not constants") yet,"
          + " \(waiting.count == 1 ? "" : "such as ")that of \(reader.op.name)"
          + " '\(reader.name)', which \(source.op.name) '\(source.name)' computes: run fold-constants"
          + " or @cleanup before \(pass)")
    }
    let message =
      switch (layers.isEmpty, waiting.isEmpty) {
      case (true, true): "the model has no layer with filters; leave \(pass) out"
      case (true, false): "the weights of the model's layers are not constants yet"
      case (false, _): "no filter of the model can be removed; leave \(pass) out"
      }
    return DiagnosticMessage("prune-filters-none", message, notes: notes)
  }
}
