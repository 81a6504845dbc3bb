import CoppiceIR
import CoppicePassManager

/// How the change of the loss scores a removal.
enum OracleScore: String, CaseIterable, Sendable {
  /// The least change goes first.
  case abs
  /// The least loss goes first.
  case signed

  func score(_ change: Double) -> Double { self == .abs ? change.magnitude : change }
}

/// In which steps an oracle chooses.
enum OracleMode: String, CaseIterable, Sendable {
  /// Each unit is measured alone, once.
  case once
  /// One unit goes at a time, and those left are measured again.
  case greedy
  /// Two units go at a time, the best pair of those left.
  case pairs

  /// How many settings are measured at most; `nil` for very many.
  func settings(_ units: Int) -> Int? {
    switch self {
    case .once: units + 1
    case .greedy: units * (units + 1) / 2
    case .pairs: nil
    }
  }
}

/// Chooses the units whose absence a measurement misses least.
struct OracleSearch {
  /// Units that went together.
  struct Step {
    /// The numbers of their gates.
    let gates: [Int]
    /// What their removal does to the loss, as it was measured.
    let change: Double
    /// The loss with all chosen so far removed; `nil` where that was not measured.
    let loss: Double?
  }

  let filters: FilterGates
  let meter: ModelMeter
  let score: OracleScore
  /// The number of the part that each gate is ranked in.
  private let parts: [Int]
  /// How many units of each part may still go.
  private var budgets: [Int]
  private var left: RemainingChannels
  private(set) var steps: [Step] = []
  /// What each unit alone does to the loss; `nil` where they are measured in steps.
  private var changes: [Double]?
  /// How many settings were measured.
  private(set) var evaluations = 0

  init(
    _ filters: FilterGates, _ meter: ModelMeter, _ score: OracleScore, scope: PruningScope,
    sparsity: ExactDecimal
  ) {
    self.filters = filters
    self.meter = meter
    self.score = score
    left = RemainingChannels(filters.analysis)
    let numbers = Dictionary(
      uniqueKeysWithValues: filters.candidates.enumerated().map { ($1.unit, $0) })
    var (parts, budgets) = (Array(repeating: 0, count: filters.candidates.count), [Int]())
    for part in filters.analysis.parts(filters.candidates, scope) {
      for candidate in part {
        if let gate = numbers[candidate.unit] { parts[gate] = budgets.count }
      }
      budgets.append(filters.analysis.count(sparsity, of: part))
    }
    (self.parts, self.budgets) = (parts, budgets)
  }

  /// The places of units that were scored alone, once; in steps, of those that went.
  var ranks: [Int: FilterRank] {
    var ranks: [Int: FilterRank] = [:]
    if let changes {
      var places: [Int: Int] = [:]
      for (gates, change) in ranked(filters.candidates.indices.map { [$0] }, changes) {
        let part = parts[gates[0]]
        places[part, default: 0] += 1
        ranks[filters.candidates[gates[0]].unit] = FilterRank(
          part: part, rank: places[part] ?? 0, score: score.score(change))
      }
      return ranks
    }
    for (number, step) in steps.enumerated() {
      for gate in step.gates {
        ranks[filters.candidates[gate].unit] = FilterRank(
          part: 0, rank: number + 1, score: score.score(step.change))
      }
    }
    return ranks
  }

  /// The numbers of all gates chosen.
  var off: [Int] { steps.flatMap(\.gates) }

  mutating func run(_ mode: OracleMode) throws {
    if mode == .once { return try chooseOnce() }
    while let step = try next(mode) { apply(step) }
  }

  private mutating func chooseOnce() throws {
    let choices = filters.candidates.indices.map { [$0] }
    let changes = try measure(choices).map(\.change)
    self.changes = changes
    for (gates, change) in ranked(choices, changes) where isAllowed(gates) {
      apply(Step(gates: gates, change: change, loss: nil))
    }
  }

  /// The best step from here, or `nil` when no unit may go any more.
  private mutating func next(_ mode: OracleMode) throws -> Step? {
    let single = filters.candidates.indices.map { [$0] }.filter(isAllowed)
    let pairs = mode == .pairs ? pairs(of: single.flatMap { $0 }).filter(isAllowed) : []
    let choices = pairs.isEmpty ? single : pairs
    let found = try measure(choices)
    guard let best = ranked(Array(choices.indices), found.map(\.change)).first else { return nil }
    return Step(gates: choices[best.0], change: best.1, loss: found[best.0].loss)
  }

  private func pairs(of gates: [Int]) -> [[Int]] {
    gates.indices.flatMap { first in gates[(first + 1)...].map { [gates[first], $0] } }
  }

  /// Choices with their changes: the lowest score first, of equal scores the later one.
  private func ranked<Choice>(_ choices: [Choice], _ changes: [Double]) -> [(Choice, Double)] {
    let order = choices.indices.sorted { a, b in
      let (x, y) = (score.score(changes[a]), score.score(changes[b]))
      return x != y ? x < y : a > b
    }
    return order.map { (choices[$0], changes[$0]) }
  }

  private func isAllowed(_ gates: [Int]) -> Bool {
    let off = Set(off)
    guard gates.allSatisfy({ !off.contains($0) }) else { return false }
    let needed = Dictionary(grouping: gates) { parts[$0] }
    return needed.allSatisfy { budgets[$0.key] >= $0.value.count }
      && left.allows(gates.map { filters.candidates[$0].unit })
  }

  private mutating func apply(_ step: Step) {
    for gate in step.gates {
      _ = left.remove(filters.candidates[gate].unit)
      budgets[parts[gate]] -= 1
    }
    steps.append(step)
  }

  /// What each choice would do, with all chosen so far off.
  private mutating func measure(
    _ choices: [[Int]]
  ) throws -> [(change: Double, loss: Double)] {
    if choices.isEmpty { return [] }
    let off = off
    let now = steps.last?.loss ?? meter.base.loss
    let found = try meter.measure(
      choices.map { GateSetting(off: off + $0, count: filters.gates.count) })
    evaluations += choices.count
    return found.map { ($0.loss == now ? 0 : $0.loss - now, $0.loss) }
  }
}
