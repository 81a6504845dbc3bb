import CoppiceIR
import CoppicePassManager
import CoppiceRecords

/// Scores filters by their own weights.
struct FilterNorms: FilterSource {
  private let analysis: FilterAnalysis
  private let criterion: FilterCriterion

  init(_ analysis: FilterAnalysis, _ criterion: FilterCriterion) {
    (self.analysis, self.criterion) = (analysis, criterion)
  }

  func filters(of layer: FilterLayer) throws -> [UnitSum] {
    var sums = layer.units.map { _ in UnitSum(filters: 1) }
    if criterion == .fpgm { return try distances(layer) }
    for part in layer.parts {
      try forEachRun(part, of: layer) { filter, run in
        var sum = 0.0
        if criterion == .l1 {
          for number in run { sum += number.magnitude }
        } else {
          for number in run { sum += number * number }
        }
        sums[filter].score += sum
        sums[filter].weights += run.count
      }
    }
    if criterion == .l2 {
      for filter in sums.indices { sums[filter].score = sums[filter].score.squareRoot() }
    }
    return sums
  }

  /// The sum of the distances of each filter to all others: the least is nearest to the middle.
  private func distances(_ layer: FilterLayer) throws -> [UnitSum] {
    var filters = layer.units.map { _ in [Double]() }
    for part in layer.parts {
      try forEachRun(part, of: layer) { filter, run in filters[filter].append(contentsOf: run) }
    }
    var sums = filters.map { UnitSum(filters: 1, weights: $0.count) }
    for first in filters.indices {
      for second in filters.indices.dropFirst(first + 1) {
        let distance = distance(filters[first], filters[second])
        sums[first].score += distance
        sums[second].score += distance
      }
    }
    return sums
  }

  /// Summed in eight lanes, whose order is the same on every machine.
  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    let count = min(a.count, b.count)
    var lanes = SIMD8<Double>(repeating: 0)
    var rest = 0.0
    a.withUnsafeBytes { a in
      b.withUnsafeBytes { b in
        for start in stride(from: 0, to: count / 8 * 8, by: 8) {
          let x = a.loadUnaligned(fromByteOffset: start * 8, as: SIMD8<Double>.self)
          let y = b.loadUnaligned(fromByteOffset: start * 8, as: SIMD8<Double>.self)
          let difference = x - y
          lanes += difference * difference
        }
      }
    }
    for index in count / 8 * 8..<count { rest += (a[index] - b[index]) * (a[index] - b[index]) }
    return (lanes.sum() + rest).squareRoot()
  }

  /// Calls `body` with the elements of a part in their order, in runs that belong to one filter.
  private func forEachRun(
    _ part: FilterPart, of layer: FilterLayer, _ body: (Int, UnsafeBufferPointer<Double>) -> Void
  ) throws {
    guard let constant = analysis.realConstant(part.weight) else { return }
    let shape = constant.type.shape
    let inner = shape[(part.axis + 1)...].reduce(1, *)
    let outer = shape[..<part.axis].reduce(1, *)
    if inner == 0 || outer == 0 { return }
    var run = [Double](repeating: 0, count: inner)
    let exact = constant.type.element == .float64 ? constant.numbers : []
    try FloatValues(constant)?.withBuffer { (values) throws in
      for block in 0..<outer {
        for (row, filter) in part.filters.enumerated() {
          let start = (block * part.filters.count + row) * inner
          if exact.isEmpty {
            run.copy(values, from: start)
          } else {
            run.replaceSubrange(0..<inner, with: exact[start..<(start + inner)])
          }
          if !run.sumIsFinite, let index = run.firstIndex(where: { !$0.isFinite }) {
            throw notFinite(part, start + index, shape, layer.node)
          }
          run.withUnsafeBufferPointer { body(filter, $0) }
        }
      }
    }
  }

  private func notFinite(
    _ part: FilterPart, _ index: Int, _ shape: [Int], _ node: NodeID
  ) -> Diagnostic {
    Diagnostic(
      .error,
      .notFinite("the weight", analysis.graph[part.weight].name, index, shape),
      at: analysis.graph.location(node))
  }
}

/// Scores filters by the scales of the normalisations behind them.
struct NormalizationScales: FilterSource {
  private let analysis: FilterAnalysis
  private let scales: [Int: (sum: Double, count: Int)]

  /// Reads the scales; units without one must stay.
  init(_ analysis: inout FilterAnalysis) throws {
    var scales: [Int: (sum: Double, count: Int)] = [:]
    for slice in analysis.slices where slice.operand == 1 {
      let node = analysis.graph[slice.node]
      guard node.op is BatchNormalization, let value = node.operand(1),
        let gamma = analysis.graph.constant(value)
      else { continue }
      for (index, (unit, number)) in zip(slice.units, gamma.numbers).enumerated() {
        guard number.isFinite else {
          throw Diagnostic(
            .error,
            .notFinite("the scale", analysis.graph[value].name, index, gamma.type.shape),
            at: analysis.graph.location(slice.node))
        }
        let root = analysis.forest.root(unit)
        let old = scales[root] ?? (0, 0)
        scales[root] = (old.sum + number.magnitude, old.count + 1)
      }
    }
    for layer in analysis.layers {
      let refusal = analysis.reason(
        layer.node,
        "has no BatchNormalization of its own for criterion=bn: name prune-filters before what folds it"
      )
      for unit in layer.units where scales[analysis.forest.root(unit)] == nil {
        analysis.forest.refuse(unit, refusal)
      }
    }
    self.scales = scales
    self.analysis = analysis
  }

  func filters(of layer: FilterLayer) throws -> [UnitSum] {
    layer.units.map { unit in
      let (sum, count) = scales[analysis.forest.root(unit)] ?? (0, 1)
      return UnitSum(score: sum / Double(count), filters: 1)
    }
  }
}

extension [Double] {
  /// Takes as many numbers as fit.
  fileprivate mutating func copy(_ source: UnsafeBufferPointer<Float>, from start: Int) {
    withUnsafeMutableBufferPointer { target in
      for index in target.indices { target[index] = Double(source[start + index]) }
    }
  }

  fileprivate var sumIsFinite: Bool {
    withUnsafeBufferPointer { numbers in
      var sum = 0.0
      for number in numbers { sum += number }
      return sum.isFinite
    }
  }
}
