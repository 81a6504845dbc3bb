import CoppiceIR
import CoppicePassManager

/// Prunes a layer stretch by stretch of its columns; what stays takes over what went, to the right
/// (Frantar and Alistarh 2023).
///
/// In each stretch the units with the least sums of w² / U² go, where U is the diagonal of the upper
/// factor of the inverse Hessian; then columns are taken up one by one, and the error of each is
/// spread over those that follow.
struct SparseGPT {
  let weights: SlotWeights
  /// The inverse factor of each group's Hessian.
  let factors: [SlotMatrix]
  let order: ColumnOrder
  let options: SelectionOptions
  /// How many columns a stretch has.
  let columns: Int
  /// Whether an element is gone: by group, row and slot; what is gone before stays so.
  private(set) var gone: [Bool]
  /// The score of each element when it was chosen or left, in the same order.
  let scores: Scratch<Double>?
  private let bandHeight: Int
  private var taken: [Int]

  init(
    _ weights: SlotWeights, _ factors: [SlotMatrix], _ order: ColumnOrder,
    _ options: SelectionOptions, columns: Int, keepsScores: Bool = false
  ) {
    (self.weights, self.factors, self.order) = (weights, factors, order)
    (self.options, self.columns) = (options, columns)
    let count = weights.groups * weights.rows * weights.columns
    gone = Array(repeating: false, count: count)
    scores = keepsScores ? Scratch(count, repeating: 0) : nil
    bandHeight = max(1, min(options.granularity.rows, weights.rows))
    let bands = weights.groups * ((weights.rows + bandHeight - 1) / bandHeight)
    taken = Array(repeating: 0, count: options.scope == .row ? bands : 1)
    if options.keepsZeros { lockZeros() }
  }

  private mutating func lockZeros() {
    for group in 0..<weights.groups {
      for row in 0..<weights.rows {
        for slot in 0..<weights.columns where weights.row(group, row)[slot] == 0 {
          gone[index(group, row, slot)] = true
        }
      }
    }
  }

  private var bands: Int { (weights.rows + bandHeight - 1) / bandHeight }

  private func index(_ group: Int, _ row: Int, _ slot: Int) -> Int {
    (group * weights.rows + row) * weights.columns + slot
  }

  /// Prunes the whole layer.
  ///
  /// - Complexity: O(elements * columns).
  mutating func prune() throws {
    for stretch in order.stretches(columns) {
      if case .pattern = options.granularity {} else { try select(stretch) }
      eliminate(stretch)
    }
  }

  /// Chooses the units of a stretch.
  private mutating func select(_ stretch: Range<Int>) throws {
    let share = LayerShare(amount: options.amount, floor: options.floor)
    let keys = keys(stretch)
    let width = stretch.count
    let lines = weights.groups * bands
    var marked: [Bool] = []
    if options.scope == .row {
      for line in 0..<lines {
        let wanted = share.count(stretch.upperBound, of: order.units.count) - taken[line]
        let own = try LayerShare.lowest(
          max(wanted, 0), Array(keys[line * width..<(line + 1) * width]))
        taken[line] += own.count { $0 }
        marked += own
      }
    } else {
      let wanted =
        share.count(lines * stretch.upperBound, of: lines * order.units.count) - taken[0]
      marked = try LayerShare.lowest(max(wanted, 0), keys)
      taken[0] += marked.count { $0 }
    }
    for (index, isGone) in marked.enumerated() where isGone {
      let (line, unit) = (index / width, stretch.lowerBound + index % width)
      for row in rows(line) {
        for slot in order.units[unit] { gone[self.index(line / bands, row, slot)] = true }
      }
    }
  }

  private func rows(_ line: Int) -> Range<Int> {
    let first = line % bands * bandHeight
    return first..<min(first + bandHeight, weights.rows)
  }

  /// The scores of units, band by band; 0 for one whose elements are all gone.
  private func keys(_ stretch: Range<Int>) -> [UInt64] {
    var keys: [UInt64] = []
    for line in 0..<weights.groups * bands {
      let (group, rows) = (line / bands, rows(line))
      for unit in stretch {
        var (sum, isGone) = (0.0, true)
        for row in rows {
          let values = weights.row(group, row)
          for slot in order.units[unit] {
            let ratio = values[slot] / factors[group][slot, slot]
            sum += ratio * ratio
            isGone = isGone && gone[index(group, row, slot)]
            scores?.elements[index(group, row, slot)] = ratio * ratio
          }
        }
        keys.append(isGone ? 0 : sum.signedKey)
      }
    }
    return keys
  }

  /// Takes up the columns of a stretch one by one, then spreads their errors over the rest.
  private mutating func eliminate(_ stretch: Range<Int>) {
    let low = order.units[stretch.upperBound - 1].lowerBound
    let slots = low..<order.units[stretch.lowerBound].upperBound
    let (weights, factors, order) = (weights, factors, order)
    let errors = Scratch(weights.groups * weights.blocks * slots.count, repeating: Lanes())
    let granularity = options.granularity
    let scores = scores
    gone.withUnsafeMutableBufferPointer { gone in
      nonisolated(unsafe) let gone = gone
      let work = weights.rows * slots.count * slots.count / 2
      inParallel(weights.groups * weights.blocks, work: weights.groups * work) { block in
        let group = block / weights.blocks
        for lane in 0..<4 where block % weights.blocks * 4 + lane < weights.rows {
          let row = block % weights.blocks * 4 + lane
          let first = (group * weights.rows + row) * weights.columns
          var line = RowElimination(
            values: weights.row(group, row), factor: factors[group],
            gone: gone.baseAddress.map { $0 + first }, scores: scores.map { $0.elements + first },
            errors: UnsafeMutableRawPointer(errors.elements + block * slots.count)
              .assumingMemoryBound(to: Double.self) + lane, low: low)
          for unit in stretch { line.eliminate(order.units[unit], granularity) }
        }
        spread(
          weights, group, block % weights.blocks, factors[group], slots,
          errors.elements + block * slots.count)
      }
    }
  }
}

/// One row in one stretch.
private struct RowElimination {
  let values: UnsafeMutablePointer<Double>
  let factor: SlotMatrix
  let gone: UnsafeMutablePointer<Bool>?
  let scores: UnsafeMutablePointer<Double>?
  /// The error of each slot from `low` on, four apart.
  let errors: UnsafeMutablePointer<Double>
  let low: Int

  mutating func eliminate(_ unit: Range<Int>, _ granularity: Granularity) {
    guard let gone else { return }
    if case .pattern(let kept, let size) = granularity { choose(unit, kept, size, gone) }
    for slot in unit.reversed() where gone[slot] {
      let line = factor.row(slot)
      let error = values[slot] / line[slot]
      errors[(slot - low) * 4] = error
      for other in low..<slot { values[other] -= error * line[other] }
      values[slot] = 0
    }
  }

  /// Of a run of columns the lowest go; of equal scores the later ones, which lie in lower slots.
  private func choose(
    _ unit: Range<Int>, _ kept: Int, _ size: Int, _ gone: UnsafeMutablePointer<Bool>
  ) {
    let costs = unit.map { slot in
      let ratio = values[slot] / factor[slot, slot]
      scores?[slot] = ratio * ratio
      return gone[slot] ? -1 : ratio * ratio
    }
    let ranked = costs.indices.sorted {
      costs[$0] == costs[$1] ? $0 < $1 : costs[$0] < costs[$1]
    }
    for index in ranked.prefix((size - kept) * unit.count / size) {
      gone[unit.lowerBound + index] = true
    }
  }
}

/// Subtracts the errors of some slots from four rows of what follows.
private func spread(
  _ weights: SlotWeights, _ group: Int, _ block: Int, _ factor: SlotMatrix, _ slots: Range<Int>,
  _ errors: UnsafePointer<Lanes>
) {
  let low = slots.lowerBound
  for column in stride(from: 0, to: low & ~3, by: 4) {
    accumulateProduct(
      weights.row(group, block * 4) + column, stride: weights.stride, rows: errors,
      matrix: factor.row(low) + column, matrixStride: factor.stride, count: slots.count, sign: -1)
  }
  for column in (low & ~3)..<low {
    for lane in 0..<4 {
      let target = weights.row(group, block * 4 + lane) + column
      for index in 0..<slots.count {
        target.pointee -= errors[index][lane] * factor[low + index, column]
      }
    }
  }
}
