import CoppiceIR
import CoppicePassManager

/// The score of each unit.
struct UnitTable {
  fileprivate var scores: [Int: Double] = [:]
  fileprivate var nonzero: Set<Int> = []

  /// A unit's score; `nil` for one that was not compared.
  subscript(unit: Int) -> Double? { scores[unit] }

  /// Whether all weights of a unit's filters are zero.
  func isZero(_ unit: Int) -> Bool { !nonzero.contains(unit) }
}

/// What a unit is scored by: sums over its filters.
struct UnitSum {
  var score = 0.0
  var filters = 0
  var weights = 0
  /// The sum of each sample or step, where the score is made of them.
  var series: [Double] = []
}

/// Scores units by the weights of their filters, or by what a source tells of them.
struct FilterScoring {
  let analysis: FilterAnalysis
  let options: FilterOptions

  /// The score of each unit of the layers that have candidates.
  func scores(
    _ candidates: [FilterSelection.Candidate], by source: any FilterSource
  ) throws -> UnitTable {
    var table = UnitTable()
    let sets = analysis.coupledLayers()
    let open = Set(candidates.map { sets[$0.layer] })
    let numbers = analysis.layers.indices.filter { open.contains(sets[$0]) }
    var units: [Int: [Int: UnitSum]] = [:]
    for number in analysis.layers.indices where !open.contains(sets[number]) {
      if source is FilterNorms {
        _ = try FilterNorms(analysis, .l1).filters(of: analysis.layers[number])
      }
    }
    for number in numbers {
      let layer = analysis.layers[number]
      try add(layer, try source.filters(of: layer), to: &units[sets[number], default: [:]])
      if options.keepsZeros { try markNonzero(layer, &table) }
    }
    for set in units.values {
      for (unit, score) in try finish(set, source) { table.scores[unit] = score }
    }
    return table
  }

  private func add(
    _ layer: FilterLayer, _ filters: [UnitSum], to units: inout [Int: UnitSum]
  ) throws {
    for (filter, unit) in layer.units.enumerated() {
      let root = analysis.forest.root(unit)
      if root == UnitForest.fixed { continue }
      units[root, default: UnitSum()].add(filters[filter])
    }
  }

  /// The scores of units that are compared with each other, normalised.
  private func finish(
    _ units: [Int: UnitSum], _ source: any FilterSource
  ) throws -> [(Int, Double)] {
    let order = units.keys.sorted()
    let sums = order.map { units[$0] ?? UnitSum() }
    var scores = sums.map { sum in
      options.criterion.addsUp ? source.score(sum) : sum.score / Double(max(1, sum.filters))
    }
    options.normalisation.apply(to: &scores) { unit in
      let sum = sums[unit]
      return max(1, options.criterion.addsUp ? sum.weights : sum.weights / max(1, sum.filters))
    }
    return Array(zip(order, scores))
  }

  private func markNonzero(_ layer: FilterLayer, _ table: inout UnitTable) throws {
    let norms = try FilterNorms(analysis, .l1).filters(of: layer)
    for (filter, unit) in layer.units.enumerated() where norms[filter].score != 0 {
      table.nonzero.insert(analysis.forest.root(unit))
    }
  }
}

extension UnitSum {
  mutating func add(_ other: UnitSum) {
    score += other.score
    filters += other.filters
    weights += other.weights
    if series.isEmpty {
      series = other.series
    } else {
      for index in series.indices.prefix(other.series.count) {
        series[index] += other.series[index]
      }
    }
  }
}

/// Tells what the filters of layers are worth.
protocol FilterSource {
  /// One sum for each filter of a layer.
  func filters(of layer: FilterLayer) throws -> [UnitSum]

  /// The score of a unit, where criteria add up over its filters.
  func score(_ sum: UnitSum) -> Double
}

extension FilterSource {
  func score(_ sum: UnitSum) -> Double { sum.score }
}

/// Numbers of a generator, one for each unit in the order of the units.
struct RandomFilters: FilterSource {
  private let scores: [Int: Double]
  private let analysis: FilterAnalysis

  init(_ analysis: FilterAnalysis, _ candidates: [FilterSelection.Candidate], seed: UInt64) {
    self.analysis = analysis
    var generator = SplitMix64(seed: seed)
    scores = Dictionary(
      uniqueKeysWithValues: candidates.map { ($0.unit, generator.nextFraction()) })
  }

  func filters(of layer: FilterLayer) throws -> [UnitSum] {
    layer.units.map { UnitSum(score: scores[analysis.forest.root($0)] ?? 0, filters: 1) }
  }
}
