import CoppiceIR
import CoppicePassManager

/// How filters are scored.
enum FilterCriterion: String, CaseIterable, Sendable {
  case l1, l2
}

/// Chooses the units that go.
struct FilterSelection {
  let analysis: FilterAnalysis
  let criterion: FilterCriterion
  let scope: PruningScope
  let sparsity: ExactDecimal

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

  /// The units that may go, in the order of their first filters.
  func candidates() throws -> [Candidate] {
    var sums: [Int: (sum: Double, count: Int)] = [:]
    var found: [Candidate] = []
    for (number, layer) in analysis.layers.enumerated() {
      let scores = try scores(layer)
      for (index, unit) in layer.units.enumerated() {
        let root = analysis.forest.root(unit)
        guard root != UnitForest.fixed, analysis.forest.refusal(root) == nil else { continue }
        if sums[root] == nil {
          found.append(Candidate(unit: root, score: 0, layer: number, index: index))
        }
        let old = sums[root] ?? (0, 0)
        sums[root] = (old.sum + scores[index], old.count + 1)
      }
    }
    for index in found.indices {
      guard let (sum, count) = sums[found[index].unit] else { continue }
      found[index].score = sum / Double(count)
    }
    return found
  }

  /// The units that go, in the order in which they were chosen.
  func choose(_ candidates: [Candidate]) -> [Int] {
    var left = RemainingChannels(analysis)
    var chosen: [Int] = []
    for part in analysis.parts(candidates, scope) {
      var count = sparsity.floor(times: part.count)
      let ranked = part.sorted { $0.score != $1.score ? $0.score < $1.score : $0.isLater($1) }
      for candidate in ranked where count > 0 && left.remove(candidate.unit) {
        chosen.append(candidate.unit)
        count -= 1
      }
    }
    return chosen
  }

  /// The norm of each filter.
  private func scores(_ layer: FilterLayer) throws -> [Double] {
    guard let constant = analysis.realConstant(layer.weight) else { return [] }
    let view = MatrixView(constant.type.shape, rowAxis: layer.axis)
    let numbers = constant.numbers
    var scores = [Double](repeating: 0, count: view.rows)
    for row in 0..<view.rows {
      for column in 0..<view.columns {
        let index = view.index(row, column)
        guard numbers[index].isFinite else {
          throw Diagnostic(
            .error,
            .notFinite(
              "the weight", analysis.graph[layer.weight].name, index, constant.type.shape),
            at: analysis.graph.location(layer.node))
        }
        scores[row] += criterion == .l1 ? numbers[index].magnitude : numbers[index] * numbers[index]
      }
    }
    return criterion == .l1 ? scores : scores.map { $0.squareRoot() }
  }
}

extension FilterAnalysis {
  /// What is ranked together: everything, or layers that have units in common.
  func parts(
    _ candidates: [FilterSelection.Candidate], _ scope: PruningScope
  ) -> [[FilterSelection.Candidate]] {
    if scope == .global { return [candidates] }
    var joined = UnitForest()
    let numbers = layers.map { _ in joined.make() }
    var owners: [Int: Int] = [:]
    for (layer, number) in zip(layers, numbers) {
      for unit in Set(layer.units.map { forest.root($0) }) {
        if let owner = owners[unit] {
          joined.couple(owner, number, otherwise: Refusal(order: 0, text: ""))
        }
        owners[unit] = number
      }
    }
    var parts: [Int: [FilterSelection.Candidate]] = [:]
    var order: [Int] = []
    for candidate in candidates {
      let root = joined.root(numbers[candidate.layer])
      if parts[root] == nil { order.append(root) }
      parts[root, default: []].append(candidate)
    }
    return order.compactMap { parts[$0] }
  }
}

/// How many channels each tensor has left; none may lose its last.
struct RemainingChannels {
  private var counts: [Int] = []
  private var places: [Int: [(list: Int, count: Int)]] = [:]

  init(_ analysis: FilterAnalysis) {
    let lists = analysis.labels.values.map(\.units) + analysis.slices.map(\.units)
    for units in Set(lists) {
      var own: [Int: Int] = [:]
      for unit in units { own[analysis.forest.root(unit), default: 0] += 1 }
      for (unit, count) in own { places[unit, default: []].append((counts.count, count)) }
      counts.append(units.count)
    }
  }

  /// Whether some units may go together.
  func allows(_ units: [Int]) -> Bool {
    var copy = self
    return units.allSatisfy { copy.remove($0) }
  }

  mutating func remove(_ unit: Int) -> Bool {
    let places = places[unit] ?? []
    guard places.allSatisfy({ counts[$0.list] > $0.count }) else { return false }
    for place in places { counts[place.list] -= place.count }
    return true
  }
}
