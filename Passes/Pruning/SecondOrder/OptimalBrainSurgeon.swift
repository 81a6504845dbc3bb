import CoppiceIR
import CoppicePassManager

/// Prunes the elements of each row one at a time, with all that stay taking over what went (Hassibi
/// and Stork 1993; rows ranked together as by Frantar and Alistarh 2022).
///
/// The element with the least w² / (2 [H^-1]) goes; the row follows by the column of H^-1, from which
/// the element is then eliminated.
struct OptimalBrainSurgeon {
  let weights: SlotWeights
  /// The inverse Hessian of each group.
  let inverses: [SlotMatrix]
  let options: SelectionOptions
  let order: ColumnOrder
  private(set) var gone: [Bool]
  /// What each element cost when it went, or would cost next, in the same order.
  let scores: Scratch<Double>?

  init(
    _ weights: SlotWeights, _ factors: [SlotMatrix], _ order: ColumnOrder,
    _ options: SelectionOptions, keepsScores: Bool = false
  ) {
    (self.weights, self.order, self.options) = (weights, order, options)
    inverses = factors.map(\.squared)
    let count = weights.groups * weights.rows * weights.columns
    gone = Array(repeating: false, count: count)
    scores = keepsScores ? Scratch(count, repeating: 0) : nil
  }

  /// Prunes the whole layer.
  ///
  /// - Complexity: O(pruned elements * columns²).
  mutating func prune() {
    let counts = counts()
    let (weights, inverses, order) = (weights, inverses, order)
    let (pattern, keepsZeros, scores) = (options.granularity, options.keepsZeros, scores)
    gone.withUnsafeMutableBufferPointer { gone in
      nonisolated(unsafe) let gone = gone
      inParallel(counts.count, work: .max) { line in
        var row = SurgeonRow(
          weights, line / weights.rows, line % weights.rows, inverses[line / weights.rows], order,
          pattern, keepsZeros: keepsZeros)
        while row.removed < counts[line], row.removeNext() != nil {}
        for slot in 0..<weights.columns {
          scores?.elements[line * weights.columns + slot] = row.score(slot)
          gone[line * weights.columns + slot] = row.isGone[slot]
          weights.row(line / weights.rows, line % weights.rows)[slot] = row.values[slot]
        }
      }
    }
  }

  /// How many elements each row loses.
  private func counts() -> [Int] {
    let lines = weights.groups * weights.rows
    let share = LayerShare(amount: options.amount, floor: options.floor)
    if case .pattern = options.granularity {
      return Array(repeating: weights.columns, count: lines)
    }
    if options.scope == .row {
      let count = share.count(weights.columns, of: weights.columns)
      return Array(repeating: count, count: lines)
    }
    let total = lines * weights.columns
    let traces = traces()
    let locked = traces.reduce(0) { $0 + $1.count { $0 < 0 } }
    return merged(traces, max(share.count(total, of: total), locked))
  }

  /// The score of each removal of each row, were all of it removed; -1 for what is gone already.
  private func traces() -> [[Double]] {
    let lines = weights.groups * weights.rows
    var traces = [[Double]](repeating: [], count: lines)
    let (weights, inverses, order) = (weights, inverses, order)
    let (pattern, keepsZeros) = (options.granularity, options.keepsZeros)
    traces.withUnsafeMutableBufferPointer { traces in
      nonisolated(unsafe) let traces = traces
      inParallel(lines, work: .max) { line in
        var row = SurgeonRow(
          weights, line / weights.rows, line % weights.rows, inverses[line / weights.rows], order,
          pattern, keepsZeros: keepsZeros)
        var scores = [Double](repeating: -1, count: row.removed)
        while let score = row.removeNext() { scores.append(score) }
        traces[line] = scores
      }
    }
    return traces
  }

  /// How many removals of each row are among the cheapest; of equal ones the later row's.
  private func merged(_ traces: [[Double]], _ count: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: traces.count)
    for _ in 0..<count {
      var best: (row: Int, score: Double)?
      for (row, trace) in traces.enumerated() where counts[row] < trace.count {
        let score = trace[counts[row]]
        if score <= best?.score ?? .infinity { best = (row, score) }
      }
      guard let best else { break }
      counts[best.row] += 1
    }
    return counts
  }
}

/// One row, from which elements are removed.
private struct SurgeonRow {
  private(set) var values: [Double]
  private(set) var isGone: [Bool]
  private(set) var removed = 0
  private var inverse: [Double]
  private let count: Int
  /// The unit of each slot, and how many elements each unit may still lose; for patterns.
  private var units: [Int] = []
  private var left: [Int] = []
  private var locked: [Int] = []
  /// What each element that is gone cost.
  private var costs: [Double]

  init(
    _ weights: SlotWeights, _ group: Int, _ row: Int, _ inverse: SlotMatrix, _ order: ColumnOrder,
    _ granularity: Granularity, keepsZeros: Bool
  ) {
    let count = weights.columns
    self.count = count
    let line = weights.row(group, row)
    values = (0..<count).map { line[$0] }
    isGone = Array(repeating: false, count: count)
    costs = Array(repeating: 0, count: count)
    self.inverse = (0..<count).flatMap { row in (0..<count).map { inverse[row, $0] } }
    if case .pattern(let kept, let size) = granularity {
      units = Array(repeating: 0, count: count)
      for (index, unit) in order.units.enumerated() {
        for slot in unit { units[slot] = index }
        left.append((size - kept) * unit.count / size)
      }
    }
    if keepsZeros { locked = values.indices.filter { values[$0] == 0 }.reversed() }
    while let slot = locked.popLast() { remove(slot) }
  }

  /// Removes the element that costs least.
  ///
  /// - Returns: What it costs; `nil` when none may go.
  mutating func removeNext() -> Double? {
    var best: (slot: Int, score: Double)?
    for slot in 0..<count where !isGone[slot] {
      if !left.isEmpty, left[units[slot]] <= 0 { continue }
      let score = score(slot)
      if score < best?.score ?? .infinity { best = (slot, score) }
    }
    guard let best else { return nil }
    costs[best.slot] = best.score
    remove(best.slot)
    return best.score
  }

  /// What an element cost, or would cost if it went next.
  func score(_ slot: Int) -> Double {
    isGone[slot] ? costs[slot] : values[slot] * values[slot] / (2 * inverse[slot * count + slot])
  }

  private mutating func remove(_ slot: Int) {
    let pivot = inverse[slot * count + slot]
    let factor = values[slot] / pivot
    isGone[slot] = true
    removed += 1
    if !left.isEmpty { left[units[slot]] -= 1 }
    let column = (0..<count).map { inverse[slot * count + $0] }
    for other in 0..<count where !isGone[other] {
      values[other] -= factor * column[other]
      let part = column[other] / pivot
      for index in 0..<count { inverse[other * count + index] -= part * column[index] }
    }
    values[slot] = 0
  }
}

extension SlotMatrix {
  /// M^T M of a lower triangle M.
  fileprivate var squared: SlotMatrix {
    let result = SlotMatrix(count)
    inParallel(count, work: count * count * count / 3) { row in
      let target = result.row(row)
      for index in row..<count {
        let source = self.row(index)
        let factor = source[row]
        for column in 0...row { target[column] += factor * source[column] }
      }
    }
    for row in 0..<count {
      for column in 0..<row { result[column, row] = result[row, column] }
    }
    return result
  }
}
