import CoppiceIR
import CoppicePassManager

extension ElementPruning {
  /// Ranks blocks, rows or columns, or elements that are weighed against each other.
  func pruneUnits(
    _ weights: [PrunableWeight], _ keys: [any ScoreKeys], _ pruned: inout PrunedWeights,
    _ graph: inout Graph, _ context: inout PassContext
  ) throws {
    let grids = weights.map { WeightGrid($0, graph) }
    var units: [UnitScores] = []
    for (index, weight) in weights.enumerated() {
      let labels = UnitLabels(grids[index], options.granularity, elements: weight.count)
      units.append(try UnitScores(weight, labels, by: keys[index], options.normalisation))
    }
    let ranking = UnitRanking(options: options, bound: bound)
    let gone = try choose(units, grids, ranking)
    for (index, weight) in weights.enumerated() {
      let outcome = weight.constant.zeroing(units[index].labels, gone[index])
      apply(outcome, to: weight, on: &graph, &context)
      pruned.weights.append(row(weight, outcome, index, graph))
    }
  }

  private func choose(
    _ units: [UnitScores], _ grids: [WeightGrid?], _ ranking: UnitRanking
  ) throws -> [[Bool]] {
    if case .pattern(let kept, let size) = options.granularity {
      return zip(units, grids).map { units, grid in
        grid.map { UnitRanking.gone(units, $0, kept: kept, of: size) }
          ?? Array(repeating: false, count: units.scores.count)
      }
    }
    return try ranking.gone(units, zip(units, grids).map(bands))
  }

  /// The row that each unit belongs to.
  private func bands(_ units: UnitScores, _ grid: WeightGrid?) -> UnitLabels? {
    guard options.scope == .row, let grid else { return nil }
    return UnitLabels(rowsOf: grid, options.granularity, units: units.labels)
  }
}

extension Constant {
  /// Sets the elements of some units to +0.
  fileprivate func zeroing(_ labels: UnitLabels, _ gone: [Bool]) -> ZeroingOutcome {
    switch type.element.bits {
    case 16: zeroing(labels, gone, as: UInt16.self)
    case 32: zeroing(labels, gone, as: UInt32.self)
    default: zeroing(labels, gone, as: UInt64.self)
    }
  }

  private func zeroing<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ labels: UnitLabels, _ gone: [Bool], as bits: Bits.Type
  ) -> ZeroingOutcome {
    var elements = dense.array(of: bits)
    var outcome = ZeroingOutcome()
    var changed = false
    for index in elements.indices {
      let old = elements[index]
      if gone[labels[index]], old != 0 {
        elements[index] = 0
        changed = true
        outcome.zeroed += old << 1 == 0 ? 0 : 1
      }
      outcome.nonzeros += elements[index] << 1 == 0 ? 0 : 1
    }
    if changed { outcome.constant = Constant(type, .dense(Bytes(elements))) }
    return outcome
  }
}
