import CoppiceIR
import CoppicePassManager

/// Looks for the mask of a given size under which a model stays most accurate.
struct ParticleSearch {
  /// A mask with what it was found to do.
  private struct Particle {
    var setting: GateSetting
    var found: ModelMeasurement
    var accuracy: Double { found.accuracy ?? 0 }

    func isBetter(than other: Particle) -> Bool {
      accuracy != other.accuracy ? accuracy > other.accuracy : found.loss < other.found.loss
    }
  }

  private let filters: FilterGates
  private let meter: ModelMeter
  /// The gates of each part, and how many of them are off in every mask.
  private let parts: [(gates: [Int], off: Int)]
  private let budget: Int
  private let scope: PruningScope
  private let sparsity: ExactDecimal
  private let kind: ParticleWeights
  private var random: SplitMix64
  private var known: [GateSetting: ModelMeasurement] = [:]
  private var best: Particle?
  /// How often all particles were drawn again.
  private(set) var generations = 0

  init(
    _ filters: FilterGates, _ meter: ModelMeter, scope: PruningScope, sparsity: ExactDecimal,
    evaluations: Int, seed: Int, weights kind: ParticleWeights
  ) {
    self.kind = kind
    (self.scope, self.sparsity) = (scope, sparsity)
    self.filters = filters
    self.meter = meter
    budget = evaluations
    random = SplitMix64(seed: UInt64(bitPattern: Int64(seed)))
    let numbers = Dictionary(
      uniqueKeysWithValues: filters.candidates.enumerated().map { ($1.unit, $0) })
    parts = filters.analysis.parts(filters.candidates, scope).map { part in
      (part.compactMap { numbers[$0.unit] }, filters.analysis.count(sparsity, of: part))
    }
  }

  /// How many masks were measured.
  var evaluations: Int { known.count }

  /// The most accurate of all masks that were measured; of equal ones that of the least loss, then the
  /// first.
  var answer: (setting: GateSetting, found: ModelMeasurement)? {
    best.map { ($0.setting, $0.found) }
  }

  mutating func run(particles count: Int, start: ParticleStart) throws {
    let size = min(count, budget)
    let first = start == .l1 ? try normed() : nil
    let drawn = (0..<size).map { number in
      guard let first else { return random(beginningWith: number) }
      return number == 0 ? first : exchanged(first, number % max(filters.gates.count, 1))
    }
    var particles = try measure(drawn)
    var idle = 0
    while evaluations < budget, idle < 100, !particles.isEmpty {
      let drawn = draw(particles)
      let before = evaluations
      let moves = moves
      let moved = try measure(drawn.map { self.moved($0.setting, moves) })
      particles = drawn
      for (index, particle) in moved.enumerated() where particle.accuracy >= drawn[index].accuracy {
        particles[index] = particle
      }
      idle = evaluations == before ? idle + 1 : 0
    }
  }

  /// How many exchanges a move has: fewer as the budget runs out.
  private var moves: Int {
    let off = parts.reduce(0) { $0 + $1.off }
    return 1 + off * (budget - evaluations) / (8 * budget)
  }

  private mutating func draw(_ particles: [Particle]) -> [Particle] {
    generations += 1
    let weights = Particles.weights(particles.map(\.accuracy), kind)
    return Particles.resample(weights, u: random.nextFraction()).map { particles[$0] }
  }

  /// The mask of the lowest L1 norms.
  private func normed() throws -> GateSetting {
    let given = ["sparsity": sparsity.text, "scope": scope.rawValue]
    let options = try FilterOptions(PassOptions(given, for: PruneFilters.info))
    let analysis = filters.analysis
    let norms = try FilterScoring(analysis: analysis, options: options).scores(
      filters.candidates, by: FilterNorms(analysis, .l1))
    let choice = try FilterSelection(analysis: analysis, options: options).choose(
      filters.candidates, norms)
    let gone = Set(choice.units)
    return GateSetting(
      off: filters.candidates.indices.filter { gone.contains(filters.candidates[$0].unit) },
      count: filters.gates.count)
  }

  /// A mask with units drawn at random, one of them first if it may go.
  private mutating func random(beginningWith first: Int) -> GateSetting {
    var left = RemainingChannels(filters.analysis)
    var setting = GateSetting(count: filters.gates.count)
    for part in parts {
      var (gates, count) = (part.gates, part.off)
      for place in gates.indices.dropLast() {
        gates.swapAt(place, place + random.index(below: gates.count - place))
      }
      if let place = gates.firstIndex(of: first % max(filters.gates.count, 1)) {
        gates.swapAt(0, place)
      }
      for gate in gates where count > 0 && left.remove(filters.candidates[gate].unit) {
        setting.isOn[gate] = false
        count -= 1
      }
    }
    return setting
  }

  /// The mask after some exchanges.
  private mutating func moved(_ setting: GateSetting, _ moves: Int) -> GateSetting {
    let off = setting.isOn.indices.filter { !setting.isOn[$0] }
    guard !off.isEmpty else { return setting }
    return (0..<moves).reduce(setting) { setting, _ in
      let off = setting.isOn.indices.filter { !setting.isOn[$0] }
      return exchanged(setting, off[random.index(below: off.count)])
    }
  }

  /// The mask with a gate and one of its part that is in the other state exchanged, if that may be.
  private mutating func exchanged(_ setting: GateSetting, _ gate: Int) -> GateSetting {
    let part = parts.first { $0.gates.contains(gate) }?.gates ?? []
    let others = part.filter { setting.isOn[$0] != setting.isOn[gate] }
    guard !others.isEmpty else { return setting }
    var exchanged = setting
    exchanged.isOn[others[random.index(below: others.count)]].toggle()
    exchanged.isOn[gate].toggle()
    let units = exchanged.isOn.indices.filter { !exchanged.isOn[$0] }
      .map { filters.candidates[$0].unit }
    return RemainingChannels(filters.analysis).allows(units) ? exchanged : setting
  }

  /// Measures masks that are new, as far as the budget goes; ends before the first beyond it.
  private mutating func measure(_ settings: [GateSetting]) throws -> [Particle] {
    var new: [GateSetting] = []
    var wanted: Set<GateSetting> = []
    for setting in settings where known[setting] == nil && wanted.insert(setting).inserted {
      new.append(setting)
    }
    new = Array(new.prefix(budget - known.count))
    for (setting, found) in zip(new, try meter.measure(new)) { known[setting] = found }
    var particles: [Particle] = []
    for setting in settings {
      guard let found = known[setting] else { break }
      let particle = Particle(setting: setting, found: found)
      if best.map({ particle.isBetter(than: $0) }) ?? true { best = particle }
      particles.append(particle)
    }
    return particles
  }
}
