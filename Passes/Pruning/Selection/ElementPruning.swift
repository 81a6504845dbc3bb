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
    context.leaveDense(graph)
    let dependencies = InputDependencies(graph)
    let audited = context.audits ? graph : nil
    let selector = try selector(weights, keys, width, graph)
    let amount = try settled(selector, weights, graph, &context)
    var pruned = PrunedWeights(weights: [], sourceColumn: source?.column)
    var stayed: Set<Int> = []
    try selector.forEachOutcome(amount) { index, outcome in
      if !apply(outcome, to: weights[index], on: &graph, &context) { stayed.insert(index) }
      pruned.weights.append(row(weights[index], outcome, index, graph))
    }
    if !weights.isEmpty, pruned.weights.allSatisfy({ $0.newlyZeroed == 0 }),
      context.total("weights-zeroed", of: pass) == 0
    {
      context.warn(.nothing("the amount selects no weight that is not zero already"))
    }
    context.leave(pruned)
    if let audited {
      let ranking = try UnitRanking(weights, keys, self, audited)
      context.leave(try audit(ranking, amount, weights, stayed, audited, context))
    }
    dependencies.warnOfLost(in: graph, &context)
  }

  private func selector(
    _ weights: [PrunableWeight], _ keys: [any ScoreKeys], _ width: KeyWidth, _ graph: Graph
  ) throws -> any WeightSelector {
    if options.isPlain {
      return ElementSelector(
        weights: weights, keys: keys, width: width, scope: options.scope, bound: bound)
    }
    return UnitSelector(weights: weights, ranking: try UnitRanking(weights, keys, self, graph))
  }

  /// Sets what a pass chose to zero.
  ///
  /// - Returns: Whether nothing stood against it.
  func apply(
    _ outcome: ZeroingOutcome, to weight: PrunableWeight, on graph: inout Graph,
    _ context: inout PassContext
  ) -> Bool {
    guard let constant = outcome.constant, let reader = weight.readers.first else { return true }
    var stored: Constant? = constant
    if let quantization = weight.quantization {
      stored = graph.constant(weight.value).flatMap { quantization.clearing($0, where: constant) }
    }
    guard let stored, let edit = context.edit(graph[reader]) else { return false }
    graph.setConstant(weight.value, stored, by: edit)
    context.count("tensors-pruned")
    context.count("weights-zeroed", by: outcome.zeroed)
    if outcome.nonzeros == 0, outcome.zeroed > 0 {
      context.warn(.allZero(graph[weight.value].name), at: graph.location(reader))
    }
    return true
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
