import CoppiceIR

/// Ranks blocks, rows or columns, or elements that are weighed against each other.
struct UnitSelector: WeightSelector {
  let weights: [PrunableWeight]
  let ranking: UnitRanking

  var unitCount: Int { ranking.units.reduce(0) { $0 + $1.scores.count } }

  func forEachOutcome(
    _ amount: PruningAmount?, _ body: (Int, ZeroingOutcome) throws -> Void
  ) throws {
    let gone = try ranking.gone(amount)
    for (index, weight) in weights.enumerated() {
      try body(index, weight.constant.zeroing(ranking.units[index].labels, gone[index]))
    }
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
