import CoppiceIR
import CoppicePassManager

/// Ranks the units of some weights, and says which go.
struct UnitRanking {
  let options: SelectionOptions
  /// The score that decides for a weight; `nil` where a count does.
  let bound: ((_ weight: Int, _ largest: Double) throws -> ScoreBound)?
  let units: [UnitScores]
  /// The order in which units go: by their scores, locked ones before and protected ones behind all
  /// others.
  private(set) var keys: [UnitKeys] = []
  /// What is ranked by itself inside of a weight; `nil` where that is all of it.
  let groups: [UnitLabels?]

  /// Scores units.
  ///
  /// - Complexity: O(*n*) for *n* elements.
  init(
    _ weights: [PrunableWeight], _ scores: [any ScoreKeys], _ pruning: ElementPruning,
    _ graph: Graph
  ) throws {
    let options = pruning.options
    self.options = options
    bound = pruning.bound
    let grids = weights.map { WeightGrid($0, graph) }
    units = try weights.indices.map { index in
      let labels = UnitLabels(grids[index], options.granularity, elements: weights[index].count)
      return try UnitScores(weights[index], labels, by: scores[index], options.normalisation)
    }
    groups = zip(units, grids).map { units, grid in
      guard let grid else { return nil }
      if case .pattern(_, let size) = options.granularity { return UnitLabels(runsOf: grid, size) }
      guard options.scope == .row else { return nil }
      return UnitLabels(rowsOf: grid, options.granularity, units: units.labels)
    }
    keys = units.map { units in
      UnitKeys(
        keys: zip(units.scores, units.isZero).map { score, isZero in
          isZero && options.keepsZeros ? 0 : score.signedKey
        })
    }
    if let floor = options.floor {
      for index in keys.indices { try protect(&keys[index], floor) }
    }
  }

  /// The units of each weight that go.
  ///
  /// - Complexity: O(*n*); O(*n* log *n*) inside of rows and patterns.
  func gone(_ amount: PruningAmount?) throws -> [[Bool]] {
    if case .pattern(let kept, let size) = options.granularity {
      return keys.indices.map { index in
        grouped(index) { (size - kept) * $0 / size }
      }
    }
    if let bound { return try below(bound) }
    switch options.scope {
    case .local: return try keys.map { try lowest(amount, [$0])[0] }
    case .global: return try lowest(amount, keys)
    case .row:
      return try keys.indices.map { index in
        if groups[index] == nil { return try lowest(amount, [keys[index]])[0] }
        return grouped(index) { amount?.prunedCount(of: $0) ?? 0 }
      }
    }
  }

  /// What a score decides; its largest is that of the scope.
  private func below(
    _ bound: (_ weight: Int, _ largest: Double) throws -> ScoreBound
  ) throws -> [[Bool]] {
    let shared = units.map { $0.scores.max() ?? 0 }.max() ?? 0
    return try keys.indices.map { index in
      let keys = keys[index]
      guard options.scope == .row, let rows = groups[index] else {
        let own = options.scope == .global ? shared : units[index].scores.max() ?? 0
        let cut = keys.cut(try bound(index, own))
        return keys.keys.map { $0 < cut }
      }
      var largest = [Double](repeating: -.infinity, count: rows.count)
      for (unit, score) in units[index].scores.enumerated() {
        largest[rows[unit]] = max(largest[rows[unit]], score)
      }
      let cuts = try largest.map { keys.cut(try bound(index, $0)) }
      return keys.keys.enumerated().map { $1 < cuts[rows[$0]] }
    }
  }

  /// Puts the best units behind all others.
  private func protect(_ keys: inout UnitKeys, _ floor: ExactDecimal) throws {
    let open = max(0, keys.count - floor.ceiling(times: keys.count))
    let isOpen = try lowest(.count(open), [keys])[0]
    for unit in keys.keys.indices where !isOpen[unit] && keys.keys[unit] != 0 {
      keys.keys[unit] = .max
    }
  }

  /// Each group of a weight by itself.
  private func grouped(_ index: Int, _ count: (Int) -> Int) -> [Bool] {
    let keys = keys[index].keys
    var gone = [Bool](repeating: false, count: keys.count)
    guard let groups = groups[index] else { return gone }
    let order = keys.indices.sorted { a, b in
      let (x, y) = (groups[a], groups[b])
      if x != y { return x < y }
      return keys[a] != keys[b] ? keys[a] < keys[b] : a > b
    }
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, groups[order[end]] == groups[order[start]] { end += 1 }
      for unit in order[start..<start + count(end - start)] where keys[unit] != .max {
        gone[unit] = true
      }
      start = end
    }
    return gone
  }

  /// The lowest units; of equal scores the later ones, of protected ones none.
  private func lowest(_ amount: PruningAmount?, _ keys: [UnitKeys]) throws -> [[Bool]] {
    let count = amount?.prunedCount(of: keys.reduce(0) { $0 + $1.count }) ?? 0
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
