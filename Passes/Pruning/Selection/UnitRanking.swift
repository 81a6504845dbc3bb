import CoppiceIR
import CoppicePassManager

/// Chooses which units of some weights go.
struct UnitRanking {
  let options: SelectionOptions
  /// The score that decides for a weight; `nil` where a count does.
  var bound: ((_ weight: Int, _ largest: Double) throws -> ScoreBound)?

  /// The units of each weight that go.
  ///
  /// - Complexity: O(*n*).
  func gone(_ units: [UnitScores], _ bands: [UnitLabels?]) throws -> [[Bool]] {
    var keys = units.map(keys)
    if let floor = options.floor {
      for index in keys.indices { try protect(&keys[index], floor) }
    }
    if let bound {
      let largest = units.map { $0.scores.max() ?? 0 }
      return try keys.indices.map { index in
        let own = options.scope == .global ? largest.max() ?? 0 : largest[index]
        let cut = keys[index].cut(try bound(index, own))
        return keys[index].keys.map { $0 < cut }
      }
    }
    switch options.scope {
    case .local: return try keys.map { try mark([$0])[0] }
    case .global: return try mark(keys)
    case .row:
      return try zip(keys, bands).map { keys, bands in try markRows(keys, bands) }
    }
  }

  private func keys(_ units: UnitScores) -> UnitKeys {
    UnitKeys(
      keys: zip(units.scores, units.isZero).map { score, isZero in
        isZero && options.keepsZeros ? 0 : score.signedKey
      })
  }

  /// Puts the best units behind all others.
  private func protect(_ keys: inout UnitKeys, _ floor: ExactDecimal) throws {
    let open = max(0, keys.count - floor.ceiling(times: keys.count))
    let isOpen = try lowest(open, [keys])[0]
    for unit in keys.keys.indices where !isOpen[unit] && keys.keys[unit] != 0 {
      keys.keys[unit] = .max
    }
  }

  private func mark(_ keys: [UnitKeys]) throws -> [[Bool]] {
    let total = keys.reduce(0) { $0 + $1.count }
    return try lowest(options.amount?.prunedCount(of: total) ?? 0, keys)
  }

  /// Each band of rows by itself.
  private func markRows(_ keys: UnitKeys, _ bands: UnitLabels?) throws -> [Bool] {
    guard let bands else { return try mark([keys])[0] }
    var members = [[Int]](repeating: [], count: bands.count)
    for unit in 0..<keys.count { members[bands[unit]].append(unit) }
    var gone = [Bool](repeating: false, count: keys.count)
    for units in members {
      let marked = try mark([UnitKeys(keys: units.map { keys.keys[$0] })])[0]
      for (unit, isGone) in zip(units, marked) { gone[unit] = isGone }
    }
    return gone
  }

  /// The lowest units; of equal scores the later ones, of protected ones none.
  private func lowest(_ count: Int, _ keys: [UnitKeys]) throws -> [[Bool]] {
    let open = keys.reduce(0) { $0 + $1.keys.count { $0 != .max } }
    guard let cut = try ScoreCut.lowest(min(count, open), of: keys, width: .double) else {
      return keys.map { Array(repeating: false, count: $0.count) }
    }
    var ties = 0
    return keys.map { keys in
      keys.keys.map { key in
        if key == cut.key { ties += 1 }
        return key < cut.key || (key == cut.key && ties > cut.keptTies)
      }
    }
  }
}

extension UnitRanking {
  /// The elements that a pattern of n kept of m consecutive input channels takes.
  ///
  /// A rest of t channels loses floor((m - n) * t / m).
  static func gone(
    _ scores: UnitScores, _ grid: WeightGrid, kept: Int, of size: Int
  ) -> [Bool] {
    var gone = [Bool](repeating: false, count: scores.scores.count)
    for group in 0..<grid.groups {
      for row in 0..<grid.rows {
        for tap in 0..<grid.taps {
          for start in stride(from: 0, to: grid.columns, by: size) {
            let columns = start..<min(start + size, grid.columns)
            let elements = columns.map { grid.index(group, row, $0, tap) }
            let ranked = elements.enumerated().sorted {
              let (a, b) = (scores.scores[$0.element], scores.scores[$1.element])
              return a == b ? $0.offset > $1.offset : a < b
            }
            for entry in ranked.prefix((size - kept) * columns.count / size) {
              gone[entry.element] = true
            }
          }
        }
      }
    }
    return gone
  }
}
