public import CoppiceIR

/// Chooses storages by planning a prepared copy of the graph as it will be lowered.
public struct StoragePlanner: StoragePlanning {
  /// What the code is for.
  public let target: Target

  /// Makes a planner.
  ///
  /// - Parameter target: What the code is for.
  public init(_ target: Target) { self.target = target }

  /// Plans layouts and storages together, and then once more with the storages as they are.
  ///
  /// - Parameters:
  ///   - graph: The graph.
  ///   - request: What may change, and what counts.
  /// - Returns: A decision for each of the asked constants that is read as a weight.
  public func chooseStorages(
    _ graph: Graph, _ request: StorageRequest
  ) -> [ValueID: StorageDecision] {
    var choosing = StorageChoosing(prepareAll(graph).graph, request, target)
    choosing.run()
    return choosing.decisions
  }
}

/// The state of choosing storages for one graph.
private struct StorageChoosing {
  private let graph: Graph
  private let request: StorageRequest
  private let target: Target
  private let counter = WeightCounter()
  /// The weights that may change, with the axis of their rows.
  private var open: [ValueID: WeightReading] = [:]
  private var chosen: [ValueID: StorageKind] = [:]
  private var dense: PlannedWeights
  private var planned: PlannedWeights
  private(set) var decisions: [ValueID: StorageDecision] = [:]

  init(_ graph: Graph, _ request: StorageRequest, _ target: Target) {
    (self.graph, self.request, self.target) = (graph, request, target)
    dense = PlannedWeights()
    planned = dense
    let weights = Dictionary(graph.weights().map { ($0.value, $0) }) { first, _ in first }
    for value in request.constants {
      switch graph.weightUse(weights[value]) {
      case .data: continue
      case .weight(let reading): open[value] = reading
      case .refused(let reason): refuse(value, reason)
      }
    }
  }

  private mutating func refuse(_ value: ValueID, _ reason: String) {
    guard let constant = graph.constant(value) else { return }
    decisions[value] = StorageDecision(
      .dense, nonzeros: constant.nonzeroCount, bytes: constant.type.byteCount, reason: reason)
  }

  mutating func run() {
    if open.isEmpty { return }
    let planner = LayoutPlanner(graph, target, counter)
    dense = plan(Dictionary(uniqueKeysWithValues: open.keys.map { ($0, whole($0)) }))
    planner.settle { score($0, planner, kinds(planner.weights[$0].value)) }
    for (number, weight) in planner.weights.enumerated() where open[weight.value] != nil {
      chosen[weight.value] = best(number, planner, kinds(weight.value)).0
    }
    planned = plan(chosen)
    while !keepPromises(planner) { planned = plan(chosen) }
    keepBytes(planner)
    for (number, weight) in planner.weights.enumerated() { decide(number, weight.value, planner) }
  }

  /// The plans that lowering takes with weights in some storages.
  private func plan(_ storages: [ValueID: StorageKind]) -> PlannedWeights {
    let lowering = ModelLowering(
      graph, target, [:], storages: storages, counter, builds: false)
    // What cannot be lowered is said when it is lowered.
    try? lowering.run()
    return lowering.planned
  }

  /// How a weight is held with its zeros: one number for all elements stays one, whatever its kernel
  /// takes, as dense it would be as many numbers as it stands for.
  private func whole(_ value: ValueID) -> StorageKind {
    graph.constant(value)?.storage.isUniform == true ? .uniform : .dense
  }

  /// The storages that a weight may get.
  private func kinds(_ value: ValueID) -> [StorageKind] {
    guard open[value] != nil, let constant = graph.constant(value) else {
      return [graph.constant(value)?.storage.kind ?? .dense]
    }
    if let forced = request.forced { return [forced] }
    let whole = whole(value)
    let leavesOut = whole == .dense || constant.onlyNumber == 0
    return [whole] + (leavesOut ? StorageKind.sparse(serving: constant.type.element) : [])
  }

  /// The best storage of a weight as things lie now.
  private func best(
    _ number: Int, _ planner: LayoutPlanner, _ kinds: [StorageKind]
  ) -> (StorageKind, StorageScore) {
    let scores = kinds.map { ($0, score(number, planner, $0)) }
    let allowed = scores.filter(\.1.isAllowed)
    var candidates = allowed.isEmpty ? [scores.min { $0.1.time < $1.1.time } ?? scores[0]] : allowed
    if request.preference == .time, let least = candidates.map(\.1.time).min() {
      // What no forecast tells apart is told apart by bytes, but from dense weights by time.
      var close = candidates.filter { $0.1.time <= least * (1 + target.costs.doubt) }
      if target.costs.doubt > 0, let whole = candidates.first(where: { !$0.1.isSparse }) {
        let better = close.filter { $0.1.isBetter(than: whole.1) }
        close = better.isEmpty ? [whole] : better
      }
      candidates = [close.min { $0.1.bytes < $1.1.bytes } ?? close[0]]
    }
    return candidates.dropFirst().reduce(candidates[0]) { $1.1.isLess(than: $0.1) ? $1 : $0 }
  }

  private func score(
    _ number: Int, _ planner: LayoutPlanner, _ kinds: [StorageKind]
  ) -> StorageScore {
    best(number, planner, kinds).1
  }

  private func score(
    _ number: Int, _ planner: LayoutPlanner, _ storage: StorageKind
  ) -> StorageScore {
    let value = planner.weights[number].value
    let (time, bytes) = planner.cost(number, storage)
    return StorageScore(
      preference: request.preference, bytes: Double(bytes), time: time * charge(storage),
      denseBytes: Double(graph[value].type.byteCount), denseTime: dense[value]?.cost ?? time,
      isSparse: storage.isSparse)
  }

  /// What forecasts of time are multiplied by, so that what looks equal stays dense.
  private func charge(_ storage: StorageKind) -> Double {
    storage.isSparse ? 1 + target.costs.doubt : 1
  }

  /// Makes dense what turned out slower than the preference lets through: single weights that would be
  /// faster dense as things lie, and, where the layouts that they need slow down others so that the
  /// whole is too slow, those that gain least.
  ///
  /// - Returns: Whether nothing had to change.
  private mutating func keepPromises(_ planner: LayoutPlanner) -> Bool {
    guard request.forced == nil, request.preference != .bytes else { return true }
    let slack = (request.preference == .balanced ? StorageScore.slack : 1) * (1 + 1e-9)
    var (now, before) = (0.0, 0.0)
    var sparse: [(value: ValueID, ratio: Double)] = []
    for value in chosen.keys.sorted(by: { $0.index < $1.index }) {
      guard let own = planned[value], let dense = dense[value] else { continue }
      let cost = own.cost * charge(chosen[value] ?? .dense)
      now += cost
      before += dense.cost
      if chosen[value]?.isSparse == true {
        sparse.append((value, cost / max(dense.cost, 1e-9)))
      }
    }
    let numbers = Dictionary(
      planner.weights.enumerated().map { ($1.value, $0) }, uniquingKeysWith: { first, _ in first })
    var slower = sparse.filter { weight in
      guard weight.ratio > slack, let number = numbers[weight.value] else { return false }
      return planner.cost(number, .dense).cost < planned[weight.value]?.cost ?? .infinity
    }
    if slower.isEmpty, now > before * slack {
      let ranked = sparse.sorted { ($0.ratio, $0.value.index) > ($1.ratio, $1.value.index) }
      slower = Array(ranked.prefix(max(1, sparse.count / 8)))
    }
    for weight in slower { chosen[weight.value] = .dense }
    return slower.isEmpty
  }

  /// Takes another storage where what lowering emits for the chosen one has more bytes than that.
  ///
  /// Lowering takes the fastest of all forms that read a storage, and those pack it differently.
  private mutating func keepBytes(_ planner: LayoutPlanner) {
    guard request.forced == nil, request.preference == .bytes else { return }
    var trials = 0
    for (number, weight) in planner.weights.enumerated() {
      guard let storage = chosen[weight.value], let own = planned[weight.value],
        own.bytes > planner.cost(number, storage).bytes
      else { continue }
      let others = kinds(weight.value).map { ($0, planner.cost(number, $0).bytes) }
        .filter { $0.0 != storage && $0.1 < own.bytes }.sorted { $0.1 < $1.1 }
      for (other, _) in others where trials < Self.mostTrials {
        trials += 1
        let kept = (chosen, planned)
        chosen[weight.value] = other
        planned = plan(chosen)
        if let now = planned[weight.value], now.bytes < own.bytes { break }
        (chosen, planned) = kept
      }
    }
  }

  /// How often a graph is planned again for the bytes of single weights.
  private static let mostTrials = 16

  private mutating func decide(_ number: Int, _ value: ValueID, _ planner: LayoutPlanner) {
    guard let reading = open[value], let storage = chosen[value],
      let constant = graph.constant(value), let plan = planned[value]
    else { return }
    let shape = counter.counts(value, constant, reading)
    let denseCost = dense[value]?.cost ?? plan.cost
    func compared(_ cost: Double, _ bytes: Int) -> String {
      let part = Double(bytes) / Double(max(constant.type.byteCount, 1))
      return "\(percent(part)) of the bytes, \(percent(cost / max(denseCost, 1e-9))) of the time"
    }
    var reason = "\(percent(1 - shape.density)) zeros: "
    if request.forced != nil {
      reason = "storage=\(storage.rawValue)"
    } else if storage != .dense {
      reason += compared(plan.cost, plan.bytes)
    } else {
      let others = StorageKind.sparse(serving: constant.type.element).map {
        ($0, planner.cost(number, $0))
      }
      let best = others.min { $0.1.cost * Double($0.1.bytes) < $1.1.cost * Double($1.1.bytes) }
      if let best {
        reason += "\(best.0.rawValue) \(compared(best.1.cost, best.1.bytes))"
      }
    }
    decisions[value] = StorageDecision(
      storage, rowAxis: reading.rowAxis, nonzeros: shape.nonzeros, bytes: plan.bytes,
      time: plan.cost / max(denseCost, 1e-9), reason: reason)
  }

  private func percent(_ part: Double) -> String {
    part.isFinite ? "\(Int((min(part, 1e6) * 100).rounded())) %" : "?"
  }
}
