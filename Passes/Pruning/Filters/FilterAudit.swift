import CoppiceIR
import CoppicePassManager

/// The place of a unit among those that it was ranked with, from 1, and its score.
struct FilterRank {
  let part: Int
  let rank: Int
  let score: Double
}

extension FilterRewriting {
  /// Accounts for each filter of each layer, as it was before the pass.
  ///
  /// - Parameters:
  ///   - ranks: Of units that were scored, each by itself; none of those that a search chose.
  ///   - scope: What was ranked together.
  ///   - wanted: The units that were chosen to go.
  ///   - context: Gets the audit if one was asked for.
  func audit(
    _ ranks: [Int: FilterRank], _ scope: PruningScope, wanted: Set<Int>,
    _ context: inout PassContext
  ) {
    guard context.audits else { return }
    var cuts: [Int: (rank: Int, score: Double)] = [:]
    for (unit, rank) in ranks where wanted.contains(unit) {
      if rank.rank > cuts[rank.part]?.rank ?? 0 { cuts[rank.part] = (rank.rank, rank.score) }
    }
    func reason(_ unit: Int) -> PruningAudit.Reason {
      if analysis.forest.refusal(unit) != nil || unit == UnitForest.fixed { return .refused }
      if wanted.contains(unit), !removed.contains(unit) { return .limit }
      guard let rank = ranks[unit] else { return .search }
      if removed.contains(unit) { return .low }
      if stays[unit] != nil { return .last }
      guard let cut = cuts[rank.part] else { return .high }
      if rank.rank < cut.rank { return .last }
      return rank.score == cut.score ? .earlierOfEqual : .high
    }
    let tensors = analysis.layers.map { layer in
      let places = analysis.places(of: layer)
      return PruningAudit.Tensor(
        name: analysis.graph[layer.weight].name, node: analysis.graph[layer.node].name,
        shape: analysis.graph[layer.weight].type.shape, refusal: analysis.refusal(layer)?.text,
        units: layer.units.enumerated().map { index, unit in
          let unit = analysis.forest.root(unit)
          return PruningAudit.Unit(
            first: places[index].first, elements: places[index].count, score: ranks[unit]?.score,
            rank: ranks[unit]?.rank, isKept: !removed.contains(unit), reason: reason(unit))
        })
    }
    context.leave(
      PruningAudit(
        pass: context.passText.isEmpty ? edit.pass : context.passText, scope: scope.rawValue,
        unit: "filter", tensors: tensors))
  }
}

extension FilterAnalysis {
  /// Where each filter begins in the constant that names its layer, and how many elements it has there.
  fileprivate func places(of layer: FilterLayer) -> [(first: Int, count: Int)] {
    var places = layer.units.map { _ in (first: 0, count: 0) }
    guard let part = layer.parts.first(where: { $0.weight == layer.weight }) else { return places }
    let type = graph[layer.weight].type
    let stride = type.shape[(part.axis + 1)...].reduce(1, *)
    let each = type.count / max(part.filters.count, 1)
    for (index, filter) in part.filters.enumerated() {
      if places[filter].count == 0 { places[filter].first = index * stride }
      places[filter].count += each
    }
    return places
  }

  /// The place of each unit where the lowest scores go, of equal ones the later unit.
  func ranks(
    _ candidates: [FilterSelection.Candidate], _ scope: PruningScope, _ scores: UnitTable
  ) -> [Int: FilterRank] {
    var ranks: [Int: FilterRank] = [:]
    for (part, units) in parts(candidates, scope).enumerated() {
      let scored = units.map { (candidate: $0, score: scores[$0.unit] ?? 0) }
      let ranked = scored.sorted {
        $0.score != $1.score ? $0.score < $1.score : $0.candidate.isLater($1.candidate)
      }
      for (place, entry) in ranked.enumerated() {
        ranks[entry.candidate.unit] = FilterRank(part: part, rank: place + 1, score: entry.score)
      }
    }
    return ranks
  }
}
