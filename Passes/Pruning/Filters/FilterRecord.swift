import CoppiceIR
import CoppicePassManager
import CoppiceRecords

/// Scores filters by a training record.
struct FilterRecord: FilterSource {
  /// What the score is made of, and how.
  private enum Form {
    /// The mean over samples of the magnitude of the mean over positions.
    case maps
    /// The mean over samples or steps of the square.
    case squares
    /// Sums of squares or magnitudes alone: of several filters of one unit, the most that they can give.
    case bounds
    /// Numbers that add up.
    case elements
  }

  private let analysis: FilterAnalysis
  private let recorded: RecordedWeights
  private let form: Form
  private let key: RecordKey
  /// Where each constant stands in `recorded`.
  private let numbers: [ValueID: Int]

  /// Matches the constants of layers with candidates; units of those without an owner must stay.
  ///
  /// - Throws: What is wrong with the record, `record-match`, `record-lacks-key`.
  init(
    _ analysis: inout FilterAnalysis, _ candidates: [FilterSelection.Candidate],
    _ criterion: FilterCriterion, _ options: RecordOptions, _ context: inout PassContext
  ) throws {
    let constants = analysis.constants(of: candidates)
    try analysis.graph.requireFinite(constants)
    let recorded = try RecordedWeights(constants, options, analysis.graph, &context)
    let numbers = Dictionary(
      uniqueKeysWithValues: recorded.weights.enumerated().map { ($1.value, $0) })
    let unowned = Set(constants.map(\.value)).subtracting(numbers.keys)
    for layer in analysis.layers where layer.parts.contains(where: { unowned.contains($0.weight) })
    {
      let refusal = analysis.reason(
        layer.node, "has no parameter in the record (record-partial=skip)")
      for unit in layer.units { analysis.forest.refuse(unit, refusal) }
    }
    self.analysis = analysis
    self.recorded = recorded
    self.numbers = numbers
    (form, key) = try Self.form(criterion, recorded, &context)
    context.note(note(candidates))
  }

  private static func form(
    _ criterion: FilterCriterion, _ recorded: RecordedWeights, _ context: inout PassContext
  ) throws(DiagnosticMessage) -> (Form, RecordKey) {
    let has = { (key: RecordKey) in recorded.record.has(key, of: recorded.parameters) }
    switch criterion {
    case .taylor:
      if has(.chactSamples) { return (.maps, .chactSamples) }
      try recorded.require(.taylorActivations, &context)
      return (.bounds, .chact)
    case .taylorGate:
      if has(.chactSamples) { return (.squares, .chactSamples) }
      if has(.chgwSteps) { return (.squares, .chgwSteps) }
      try recorded.require(.taylorGates, &context)
      return (.bounds, .chgw2)
    case .taylorWeight:
      try recorded.require(.taylorSquares, &context)
      return (.elements, .gw2)
    default:
      try recorded.require(.secondOrder, &context)
      return (.elements, .g2)
    }
  }

  func filters(of layer: FilterLayer) throws -> [UnitSum] {
    if case .elements = form { return try elements(layer) }
    var sums = layer.units.map { _ in UnitSum() }
    let positions = form == .maps ? Double(analysis.positions(of: layer.node)) : 1
    for part in layer.parts {
      guard let number = numbers[part.weight] else { continue }
      let view = MatrixView(analysis.graph[part.weight].type.shape, rowAxis: part.axis)
      let rows = part.filters.indices.map { view.index($0, 0) }
      let match = recorded.matches[number]
      let found = try RecordedValues(recorded.record).series(key, at: rows, of: match)
      let addends = Double(recorded.addends(key, of: number))
      for (filter, series) in zip(part.filters, found) {
        guard let series else { continue }
        var sum = UnitSum(filters: 1, weights: view.columns)
        if form == .bounds {
          let mean = max(0, series[0]) / addends
          sum.score = key == .chact ? mean : mean.squareRoot()
        } else {
          sum.series = series.map { $0 / positions }
        }
        sums[filter].add(sum)
      }
    }
    return sums
  }

  func score(_ sum: UnitSum) -> Double {
    switch form {
    case .elements: return sum.score
    case .bounds: return key == .chact ? sum.score : sum.score * sum.score
    case .maps:
      return sum.series.reduce(0) { $0 + $1.magnitude } / Double(max(1, sum.series.count))
    case .squares:
      return sum.series.reduce(0) { $0 + $1 * $1 } / Double(max(1, sum.series.count))
    }
  }

  private func elements(_ layer: FilterLayer) throws -> [UnitSum] {
    var sums = layer.units.map { _ in UnitSum(filters: 1) }
    for part in layer.parts {
      guard let number = numbers[part.weight] else { continue }
      let constant = recorded.weights[number].constant
      let view = MatrixView(constant.type.shape, rowAxis: part.axis)
      let means = try recorded.means(key, of: number)
      let weights = key == .g2 ? constant.numbers : []
      for (row, filter) in part.filters.enumerated() {
        for column in 0..<view.columns {
          let place = view.index(row, column)
          let square = key == .g2 ? weights[place] * weights[place] / 2 : 1
          sums[filter].score += means[place] * square
        }
        sums[filter].weights += view.columns
      }
    }
    return sums
  }
}

extension RecordedWeights {
  /// How many samples or steps the sums of a weight's first owner are of.
  fileprivate func addends(_ key: RecordKey, of index: Int) -> Int {
    matches[index].owners.first.flatMap { record.addends(key, of: record.parameters[$0.parameter]) }
      ?? 1
  }
}

extension FilterRecord {
  /// The form, and what it is not.
  private func note(_ candidates: [FilterSelection.Candidate]) -> DiagnosticMessage {
    var notes: [String] = []
    if form == .bounds, analysis.hasCoupledFilters(candidates) {
      let series = key == .chact ? RecordKey.chactSamples : .chgwSteps
      notes.append(
        "filters that go together are scored by the most that their sum can be, as '\(key.rawValue)' does"
          + " not hold its sign; record '\(series.rawValue)' for the sum itself")
    }
    if key == .g2, recorded.record.counts.squaredGradient == .batch {
      notes.append(
        "g2 is of batches (g2_per), not of samples, and so no Fisher information: it shrinks with the"
          + " batch")
    }
    return DiagnosticMessage("filter-score", "scores \(meaning)", notes: notes)
  }

  private var meaning: String {
    switch form {
    case .maps: "in the feature-map form of Taylor: mean over samples of |mean of a * dL/da|"
    case .squares where key == .chactSamples:
      "in the gate form of Taylor: mean over samples of (sum of a * dL/da) squared"
    case .squares: "in the gate form of Taylor: mean over steps of (sum of g * w) squared"
    case .bounds where key == .chact:
      "in the feature-map form of Taylor: mean over samples of |mean of a * dL/da|"
    case .bounds: "in the gate form of Taylor: mean over steps of (sum of g * w) squared"
    case .elements where key == .gw2:
      "in the weight form of Taylor: sum over weights of the mean of (g * w) squared"
    case .elements: "in second order: sum over weights of w squared times mean g squared, by 2"
    }
  }
}

extension FilterAnalysis {
  /// The constants of the layers in which candidates have filters.
  func constants(of candidates: [FilterSelection.Candidate]) -> [PrunableWeight] {
    let open = Set(candidates.map(\.unit))
    var seen: Set<ValueID> = []
    var found: [PrunableWeight] = []
    for layer in layers where layer.units.contains(where: { open.contains(forest.root($0)) }) {
      for part in layer.parts where seen.insert(part.weight).inserted {
        guard let constant = realConstant(part.weight) else { continue }
        var readers: [NodeID] = []
        for case .operand(let node, _) in uses[part.weight] where !readers.contains(node) {
          readers.append(node)
        }
        readers.sort { (graph[$0].origin.index, $0) < (graph[$1].origin.index, $1) }
        found.append(
          PrunableWeight(value: part.weight, constant: constant, readers: readers, reading: nil))
      }
    }
    return found
  }

  /// Whether some candidate is made of more than one channel of a parameter.
  func hasCoupledFilters(_ candidates: [FilterSelection.Candidate]) -> Bool {
    let open = Set(candidates.map(\.unit))
    var seen: Set<Int> = []
    for layer in layers {
      for part in layer.parts {
        for filter in part.filters {
          let unit = forest.root(layer.units[filter])
          if open.contains(unit), !seen.insert(unit).inserted { return true }
        }
      }
    }
    return false
  }

  /// The positions of a layer's result: elements for each channel of a sample.
  func positions(of node: NodeID) -> Int {
    guard let result = graph[node].result, let labels = labels[result] else { return 1 }
    let shape = graph[result].type.shape
    let samples = labels.axis == 0 ? 1 : shape.first ?? 1
    return max(1, shape.reduce(1, *) / max(1, samples * labels.units.count))
  }
}
