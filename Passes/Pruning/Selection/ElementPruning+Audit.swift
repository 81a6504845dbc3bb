import CoppiceIR
import CoppicePassManager

extension ElementPruning {
  /// Accounts for each unit of each weight, as it was before the pass.
  func audit(
    _ ranking: UnitRanking, _ amount: PruningAmount?, _ weights: [PrunableWeight],
    _ untouched: Set<Int>, _ graph: Graph, _ context: PassContext
  ) throws -> PruningAudit {
    let gone = try ranking.gone(amount)
    let ranks = ranking.ranks
    let cuts = ranking.cuts(gone)
    var units: [ValueID: [PruningAudit.Unit]] = [:]
    for (index, weight) in weights.enumerated() {
      let judged = (0..<ranking.keys[index].count).map { unit in
        ranking.reason(index, unit, isGone: gone[index][unit], cuts)
      }
      let stays = untouched.contains(index)
      let places = ranking.units[index].labels.places(weight.count)
      units[weight.value] = places.enumerated().map { unit, place in
        PruningAudit.Unit(
          first: place.first, elements: place.count, score: ranking.units[index].scores[unit] + 0,
          rank: ranks[index][unit], isKept: stays || !gone[index][unit],
          reason: stays && gone[index][unit] ? .limit : judged[unit])
      }
    }
    let all = graph.weights()
    return PruningAudit(
      pass: context.passText.isEmpty ? pass : context.passText, scope: ranking.scopeName,
      unit: options.granularity.name,
      tensors: all.map { weight in
        let units = units[weight.value]
        return PruningAudit.Tensor(
          name: graph[weight.value].name,
          node: weight.readers.first.map { graph[$0.node].name } ?? "",
          shape: graph[weight.value].type.shape,
          refusal: units == nil ? graph.absence(weight, context) : nil, units: units ?? [])
      })
  }
}

extension Graph {
  /// Why a pass leaves a weight alone.
  func absence(_ weight: Weight, _ context: PassContext) -> String {
    if let refusal = weight.refusal { return "\(refusal)" }
    let isInScope = weight.readers.allSatisfy { context.isInScope(self[$0.node]) }
    return isInScope ? "the pass was told to leave it alone" : "only{...} leaves it out"
  }
}

extension UnitLabels {
  /// Where each unit begins, and how many elements it has.
  func places(_ elements: Int) -> [(first: Int, count: Int)] {
    var places = [(first: Int, count: Int)](repeating: (-1, 0), count: count)
    for element in 0..<elements {
      let unit = self[element]
      if places[unit].first < 0 { places[unit].first = element }
      places[unit].count += 1
    }
    return places
  }
}

/// The keys between which a group of units was parted: of the last that went and the first that stayed.
private struct Cut {
  var gone: UInt64 = 0
  var kept: UInt64 = .max
}

extension UnitRanking {
  fileprivate var isPattern: Bool {
    if case .pattern = options.granularity { true } else { false }
  }

  fileprivate var scopeName: String { isPattern ? "run" : options.scope.rawValue }

  /// The group that a unit is ranked in.
  private func group(_ weight: Int, _ unit: Int) -> Int {
    if let groups = groups[weight], isPattern || options.scope == .row { return groups[unit] }
    return 0
  }

  private var isShared: Bool { !isPattern && options.scope == .global }

  /// The place of each unit in the order in which those of its group go, from 1.
  ///
  /// - Complexity: O(*n* log *n*).
  fileprivate var ranks: [[Int]] {
    var ranks = keys.map { Array(repeating: 0, count: $0.count) }
    let parts = isShared ? [Array(keys.indices)] : keys.indices.map { [$0] }
    for part in parts {
      let order = part.flatMap { weight in
        keys[weight].keys.indices.map { (weight: weight, unit: $0) }
      }.sorted { a, b in
        let (first, second) = (group(a.weight, a.unit), group(b.weight, b.unit))
        if first != second { return first < second }
        let (x, y) = (keys[a.weight].keys[a.unit], keys[b.weight].keys[b.unit])
        return x != y ? x < y : (a.weight, a.unit) > (b.weight, b.unit)
      }
      var (rank, current) = (0, -1)
      for entry in order {
        let group = group(entry.weight, entry.unit)
        rank = group == current ? rank + 1 : 1
        current = group
        ranks[entry.weight][entry.unit] = rank
      }
    }
    return ranks
  }

  /// Where each group was parted; of each weight, or of the first for all of them.
  fileprivate func cuts(_ gone: [[Bool]]) -> [[Int: Cut]] {
    var cuts = keys.map { _ in [Int: Cut]() }
    for (weight, keys) in keys.enumerated() {
      for (unit, key) in keys.keys.enumerated() where key != 0 && key != .max {
        let place = isShared ? 0 : weight
        var cut = cuts[place][group(weight, unit)] ?? Cut()
        if gone[weight][unit] {
          cut.gone = max(cut.gone, key)
        } else {
          cut.kept = min(cut.kept, key)
        }
        cuts[place][group(weight, unit)] = cut
      }
    }
    return cuts
  }

  fileprivate func reason(
    _ weight: Int, _ unit: Int, isGone: Bool, _ cuts: [[Int: Cut]]
  ) -> PruningAudit.Reason {
    let key = keys[weight].keys[unit]
    if key == 0, isGone { return .locked }
    if key == .max { return .floor }
    if bound != nil { return isGone ? .bound : .high }
    let cut = cuts[isShared ? 0 : weight][group(weight, unit)]
    if let cut, cut.gone == cut.kept, key == cut.gone {
      return isGone ? .laterOfEqual : .earlierOfEqual
    }
    return isGone ? .low : .high
  }
}
