import CoppiceIR
import CoppicePassManager

/// Chooses the units that go.
struct FilterSelection {
  let analysis: FilterAnalysis
  let options: FilterOptions

  /// A unit that may go, with its score and its first filter: the layer's number and the index.
  struct Candidate {
    var unit: Int
    var score: Double
    var layer: Int
    var index: Int
    var isLater: (Candidate) -> Bool {
      { other in layer != other.layer ? layer > other.layer : index > other.index }
    }
  }

  /// What goes, and why candidates that would go stay.
  struct Choice {
    /// The units that go, in the order in which they were chosen.
    var units: [Int] = []
    var stays: [Int: String] = [:]
  }

  /// The units that go, by the scores of all units.
  func choose(_ candidates: [Candidate], _ scores: UnitTable) throws -> Choice {
    var left = RemainingChannels(analysis, floor: options.floor)
    var choice = Choice()
    for part in analysis.parts(candidates, options.scope) {
      let ranked = part.map { candidate in
        var candidate = candidate
        candidate.score = scores[candidate.unit] ?? 0
        if options.keepsZeros, scores.isZero(candidate.unit) { candidate.score = -.infinity }
        return candidate
      }.sorted { $0.score != $1.score ? $0.score < $1.score : $0.isLater($1) }
      let bound = bound(ranked)
      var count = count(of: part) ?? ranked.count { $0.score < bound }
      for candidate in ranked where count > 0 && candidate.score < bound {
        if left.remove(candidate.unit) {
          choice.units.append(candidate.unit)
          count -= 1
        } else {
          choice.stays[candidate.unit] = left.reason(candidate.unit)
        }
      }
    }
    round(&choice)
    return choice
  }

  /// How many units of a part go; `nil` where their scores decide.
  private func count(of part: [Candidate]) -> Int? {
    let before = analysis.removedBefore(part)
    return options.amount.prunedCount(of: part.count + before).map { max(0, $0 - before) }
  }

  /// The score below which units may go.
  private func bound(_ ranked: [Candidate]) -> Double {
    guard case .bound(let name, let number) = options.amount else { return .infinity }
    if name == "threshold" { return number.double }
    return number.double * (ranked.last?.score ?? 0)
  }

  /// Gives back the last chosen until each layer keeps a multiple of `round-to`.
  private func round(_ choice: inout Choice) {
    guard options.roundTo > 1 else { return }
    var rounding = ChannelRounding(analysis, to: options.roundTo, choice.units)
    for unit in rounding.giveBack() {
      choice.stays[unit] = "its layer keeps a multiple of \(options.roundTo) (round-to)"
    }
    choice.units.removeAll { choice.stays[$0] != nil }
  }
}

extension FilterAnalysis {
  /// The units that may go, in the order of their first filters, without scores.
  func candidates() -> [FilterSelection.Candidate] {
    var found: [FilterSelection.Candidate] = []
    var seen: Set<Int> = []
    for (number, layer) in layers.enumerated() {
      for (index, unit) in layer.units.enumerated() {
        let root = forest.root(unit)
        guard root != UnitForest.fixed, forest.refusal(root) == nil, seen.insert(root).inserted
        else { continue }
        found.append(
          FilterSelection.Candidate(unit: root, score: 0, layer: number, index: index))
      }
    }
    return found
  }

  /// What is ranked together: everything, or layers that have units in common.
  func parts(
    _ candidates: [FilterSelection.Candidate], _ scope: PruningScope
  ) -> [[FilterSelection.Candidate]] {
    if scope == .global { return [candidates] }
    let sets = coupledLayers()
    var parts: [Int: [FilterSelection.Candidate]] = [:]
    var order: [Int] = []
    for candidate in candidates {
      let root = sets[candidate.layer]
      if parts[root] == nil { order.append(root) }
      parts[root, default: []].append(candidate)
    }
    return order.compactMap { parts[$0] }
  }

  /// For each layer, the number of the set of layers that have units in common with it.
  func coupledLayers() -> [Int] {
    var joined = UnitForest()
    let numbers = layers.map { _ in joined.make() }
    var owners: [Int: Int] = [:]
    for (layer, number) in zip(layers, numbers) {
      for unit in Set(layer.units.map { forest.root($0) }) where unit != UnitForest.fixed {
        if let owner = owners[unit] {
          joined.couple(owner, number, otherwise: Refusal(order: 0, text: ""))
        }
        owners[unit] = number
      }
    }
    return numbers.map { joined.root($0) }
  }
}

/// How many channels each tensor has left; none may lose its last, nor a layer what its floor keeps.
struct RemainingChannels {
  private struct List {
    var count: Int
    let least: Int
    let isFloor: Bool
  }

  private var lists: [List] = []
  private var places: [Int: [(list: Int, count: Int)]] = [:]

  init(_ analysis: FilterAnalysis, floor: ExactDecimal? = nil) {
    let layers = Set(analysis.layers.map(\.units))
    let others = analysis.labels.values.map(\.units) + analysis.slices.map(\.units)
    for units in layers.union(others) {
      let least = layers.contains(units) ? floor?.ceiling(times: units.count) ?? 1 : 1
      var own: [Int: Int] = [:]
      for unit in units { own[analysis.forest.root(unit), default: 0] += 1 }
      for (unit, count) in own { places[unit, default: []].append((lists.count, count)) }
      lists.append(List(count: units.count, least: max(1, least), isFloor: least > 1))
    }
  }

  /// Whether some units may go together.
  func allows(_ units: [Int]) -> Bool {
    var copy = self
    return units.allSatisfy { copy.remove($0) }
  }

  mutating func remove(_ unit: Int) -> Bool {
    let places = places[unit] ?? []
    guard places.allSatisfy({ !isFull($0) }) else { return false }
    for place in places { lists[place.list].count -= place.count }
    return true
  }

  /// Why a unit may not go.
  func reason(_ unit: Int) -> String {
    let full = (places[unit] ?? []).filter(isFull)
    return full.contains { !lists[$0.list].isFloor }
      ? "it is the last channel of a tensor" : "the floor of its layer keeps it (keep-at-least)"
  }

  private func isFull(_ place: (list: Int, count: Int)) -> Bool {
    lists[place.list].count - place.count < lists[place.list].least
  }
}

/// How many filters each layer would keep of what was chosen.
struct ChannelRounding {
  private let multiple: Int
  private var chosen: [Int]
  private var kept: [Int] = []
  private let sizes: [Int]
  private var places: [Int: [(list: Int, count: Int)]] = [:]

  init(_ analysis: FilterAnalysis, to multiple: Int, _ chosen: [Int]) {
    (self.multiple, self.chosen) = (multiple, chosen)
    let lists = Array(Set(analysis.layers.map(\.units)))
    sizes = lists.map(\.count)
    kept = sizes
    for (number, units) in lists.enumerated() {
      for unit in units {
        places[analysis.forest.root(unit), default: []].append((number, 1))
      }
    }
    for unit in chosen { change(unit, by: -1) }
  }

  private mutating func change(_ unit: Int, by sign: Int) {
    for place in places[unit] ?? [] { kept[place.list] += sign * place.count }
  }

  private func isOdd(_ list: Int) -> Bool {
    kept[list] != sizes[list] && kept[list] % multiple != 0
  }

  /// The units that must stay, the last chosen first.
  mutating func giveBack() -> [Int] {
    var back: [Int] = []
    while let last = chosen.lastIndex(where: { unit in
      (places[unit] ?? []).contains { isOdd($0.list) }
    }) {
      let unit = chosen.remove(at: last)
      change(unit, by: 1)
      back.append(unit)
    }
    return back
  }
}
