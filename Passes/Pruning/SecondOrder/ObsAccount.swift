import CoppiceIR
import CoppicePassManager

/// The score of each element of a layer, and whether it went, in the order of the constant.
struct ObsAccount {
  private var scores: [Double]
  private var isGone: [Bool]

  init(
    _ layer: MeasuredLayer, _ order: ColumnOrder, _ gone: [Bool], _ found: Scratch<Double>?
  ) {
    scores = Array(repeating: 0, count: layer.weight.count)
    isGone = Array(repeating: false, count: layer.weight.count)
    let grid = layer.grid
    for line in 0..<(grid.groups * grid.rows) {
      for (slot, (channel, tap)) in order.slots.enumerated() {
        let index = grid.index(line / grid.rows, line % grid.rows, channel, tap)
        let place = line * order.slots.count + slot
        isGone[index] = gone[place]
        scores[index] = found?.elements[place] ?? 0
      }
    }
  }

  /// The units of the layer, without ranks: each was scored when its turn came.
  func units(
    _ layer: MeasuredLayer, _ options: SelectionOptions, isApplied: Bool
  ) -> [PruningAudit.Unit] {
    let labels = UnitLabels(layer.grid, options.granularity, elements: layer.weight.count)
    var sums = [Double](repeating: 0, count: labels.count)
    var goes = [Bool](repeating: true, count: labels.count)
    var wasZero = goes
    let (old, element) = (layer.weight.constant.dense, layer.weight.constant.type.element)
    for index in scores.indices {
      let unit = labels[index]
      sums[unit] += scores[index]
      goes[unit] = goes[unit] && isGone[index]
      wasZero[unit] = wasZero[unit] && old.number(at: index, element) == 0
    }
    return labels.places(layer.weight.count).enumerated().map { unit, place in
      var reason = goes[unit] ? PruningAudit.Reason.low : .high
      if goes[unit], wasZero[unit], options.keepsZeros { reason = .locked }
      if goes[unit], !isApplied { reason = .limit }
      return PruningAudit.Unit(
        first: place.first, elements: place.count, score: sums[unit], rank: nil,
        isKept: !goes[unit] || !isApplied, reason: reason)
    }
  }
}

extension ObsRun {
  /// Accounts for each unit of each weight of the model before the pass, of which some layers were
  /// changed.
  func audit(_ graph: Graph, applied: Set<Int>, _ context: PassContext) -> PruningAudit {
    let places = Dictionary(
      uniqueKeysWithValues: measured.layers.enumerated().map { ($1.weight.value, $0) })
    let refusals = Dictionary(
      measured.refused.map { ($0.weight.value, $0.reason) }, uniquingKeysWith: { first, _ in first }
    )
    return PruningAudit(
      pass: context.passText.isEmpty ? PruneObs.info.name : context.passText,
      scope: settings.selection.scope.rawValue, unit: settings.selection.granularity.name,
      tensors: graph.weights().map { weight in
        let place = places[weight.value]
        let units = place.map { place in
          accounts[place]?.units(
            measured.layers[place], settings.selection, isApplied: applied.contains(place)) ?? []
        }
        return PruningAudit.Tensor(
          name: graph[weight.value].name,
          node: weight.readers.first.map { graph[$0.node].name } ?? "",
          shape: graph[weight.value].type.shape,
          refusal: refusals[weight.value] ?? (place == nil ? graph.absence(weight, context) : nil),
          units: units ?? [])
      })
  }
}
