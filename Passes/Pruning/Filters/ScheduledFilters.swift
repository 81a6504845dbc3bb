import CoppiceIR
import CoppicePassManager

/// What a step of a schedule leaves for the next: how many units went.
struct RemovedUnits: PassResult {
  /// The schedule that the step belongs to.
  let schedule: Int
  /// How many units whose first filter belongs to a layer went, by the layer's node.
  let counts: [NodeID: Int]

  var table: ResultTable? { nil }
}

extension FilterRewriting {
  /// Notes what goes, for later steps of a schedule.
  func noteRemoved(_ context: inout PassContext) {
    guard let schedule = context.schedule else { return }
    var counts: [NodeID: Int] = [:]
    var seen: Set<Int> = []
    for layer in analysis.layers {
      for unit in layer.units.map({ analysis.forest.root($0) }) where removed.contains(unit) {
        if seen.insert(unit).inserted { counts[layer.node, default: 0] += 1 }
      }
    }
    context.leave(RemovedUnits(schedule: schedule, counts: counts))
  }
}

extension FilterAnalysis {
  /// How many units of a part have to go, where earlier steps of a schedule count too: a share is one
  /// of the model before the first of them.
  func count(_ sparsity: ExactDecimal, of part: [FilterSelection.Candidate]) -> Int {
    let gone = removedBefore(part)
    return max(0, sparsity.floor(times: part.count + gone) - gone)
  }

  /// How many units of a part went in earlier steps of the schedule that runs.
  func removedBefore(_ part: [FilterSelection.Candidate]) -> Int {
    guard let schedule = context.schedule else { return 0 }
    let nodes = Set(part.map { layers[$0.layer].node })
    return context.results(of: RemovedUnits.self).filter { $0.schedule == schedule }
      .reduce(0) { sum, step in sum + nodes.reduce(0) { $0 + (step.counts[$1] ?? 0) } }
  }
}
