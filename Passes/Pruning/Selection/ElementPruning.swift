import CoppiceIR
import CoppicePassManager

/// Zeroes the elements of weights with the lowest scores: what the element criteria have in common.
struct ElementPruning {
  let pass: String
  let options: SelectionOptions

  /// The column that a criterion adds to the report, with a cell for each weight.
  var source: (column: String, cells: [String])?

  /// The score that decides for a weight, given the largest in the scope; `nil` where a count does.
  var bound: ((_ weight: Int, _ largest: Double) throws -> ScoreBound)?

  /// The parameters that each weight was made from, where a record tells.
  var owners: [[PrunedWeights.Owner]]?

  /// Prunes weights, ranked by keys that come in the same order.
  func prune(
    _ weights: [PrunableWeight], by keys: [any ScoreKeys], width: KeyWidth, on graph: inout Graph,
    _ context: inout PassContext
  ) throws {
    if weights.isEmpty { graph.warnOfNoWeights(&context) }
    let dependencies = InputDependencies(graph)
    var pruned = PrunedWeights(weights: [], sourceColumn: source?.column)
    if options.isPlain {
      try pruneElements(weights, keys, width, &pruned, &graph, &context)
    } else {
      try pruneUnits(weights, keys, &pruned, &graph, &context)
    }
    if !weights.isEmpty, pruned.weights.allSatisfy({ $0.newlyZeroed == 0 }),
      context.total("weights-zeroed", of: pass) == 0
    {
      context.warn(.nothing("the amount selects no weight that is not zero already"))
    }
    context.leave(pruned)
    dependencies.warnOfLost(in: graph, &context)
  }

  private func pruneElements(
    _ weights: [PrunableWeight], _ keys: [any ScoreKeys], _ width: KeyWidth,
    _ pruned: inout PrunedWeights, _ graph: inout Graph, _ context: inout PassContext
  ) throws {
    var cuts = Cuts(pruning: self, keys: keys, width: width)
    var ties = 0
    for (index, weight) in weights.enumerated() {
      if options.scope == .local { ties = 0 }
      let outcome: ZeroingOutcome
      if let cut = try cuts.cut(index) {
        outcome = try weight.constant.zeroing(cut, by: keys[index], ties: &ties)
        apply(outcome, to: weight, on: &graph, &context)
      } else {
        outcome = ZeroingOutcome(nonzeros: weight.constant.nonzeroCount)
      }
      pruned.weights.append(row(weight, outcome, index, graph))
    }
  }

  func apply(
    _ outcome: ZeroingOutcome, to weight: PrunableWeight, on graph: inout Graph,
    _ context: inout PassContext
  ) {
    guard let constant = outcome.constant, let reader = weight.readers.first,
      context.mayRewrite(graph[reader])
    else { return }
    graph.setConstant(weight.value, constant, by: pass)
    context.count("tensors-pruned")
    context.count("weights-zeroed", by: outcome.zeroed)
    if outcome.nonzeros == 0, outcome.zeroed > 0 {
      context.warn(.allZero(graph[weight.value].name), at: graph.location(reader))
    }
  }

  func row(
    _ weight: PrunableWeight, _ outcome: ZeroingOutcome, _ index: Int, _ graph: Graph
  ) -> PrunedWeights.Weight {
    PrunedWeights.Weight(
      value: weight.value, name: graph[weight.value].name, type: weight.constant.type,
      zeros: weight.count - outcome.nonzeros, newlyZeroed: outcome.zeroed,
      source: source?.cells[index], owners: owners?[index] ?? [])
  }
}

/// The cut of each tensor, found once for all of them where the scope is global.
private struct Cuts {
  let pruning: ElementPruning
  let keys: [any ScoreKeys]
  let width: KeyWidth
  private var shared: ScoreCut??
  private var largest: [Double]?

  init(pruning: ElementPruning, keys: [any ScoreKeys], width: KeyWidth) {
    (self.pruning, self.keys, self.width) = (pruning, keys, width)
  }

  mutating func cut(_ index: Int) throws -> ScoreCut? {
    guard let bound = pruning.bound else { return try counted(index) }
    let all = try largest ?? keys.map { try $0.largest() }
    largest = all
    let own = pruning.options.scope == .global ? all.max() ?? 0 : all[index]
    return .below(keys[index].cut(try bound(index, own)))
  }

  private mutating func counted(_ index: Int) throws -> ScoreCut? {
    guard let amount = pruning.options.amount else { return nil }
    if pruning.options.scope == .local {
      let count = amount.prunedCount(of: keys[index].count) ?? 0
      return try ScoreCut.lowest(count, of: [keys[index]], width: width)
    }
    if let shared { return shared }
    let count = amount.prunedCount(of: keys.reduce(0) { $0 + $1.count }) ?? 0
    let cut = try ScoreCut.lowest(count, of: keys, width: width)
    shared = .some(cut)
    return cut
  }
}

extension DiagnosticMessage {
  fileprivate static func allZero(_ name: String) -> Self {
    Self(
      "prune-all-zero", "every element of the weight '\(name)' is zero now",
      notes: ["prune less, rank with scope=local, or leave the layer out with only{...}"])
  }

  /// Refuses a NaN or infinity.
  static func notFinite(_ what: String, _ name: String, _ index: Int, _ shape: [Int]) -> Self {
    var rest = index
    var position: [Int] = []
    for extent in shape.reversed() where extent > 0 {
      position.insert(rest % extent, at: 0)
      rest /= extent
    }
    return Self(
      "prune-not-finite", "\(what) '\(name)' has a NaN or infinity at \(position)",
      notes: ["there is no rank for it; correct the model, or leave the layer out with only{...}"])
  }
}

extension Graph {
  /// Refuses weights with a NaN or infinity.
  func requireFinite(_ weights: [PrunableWeight]) throws {
    for weight in weights {
      let width = MagnitudeKeys.width(weight.constant.type.element)
      let keys = MagnitudeKeys(constant: weight.constant, width: width)
      try keys.forEachPiece { start, keys in
        guard let largest = keys.max(), largest >= width.infinity else { return }
        let index = start + (keys.firstIndex { $0 >= width.infinity } ?? 0)
        throw Diagnostic(
          .error,
          .notFinite("the weight", self[weight.value].name, index, weight.constant.type.shape),
          at: weight.readers.first.map { location($0) } ?? .none)
      }
    }
  }
}
