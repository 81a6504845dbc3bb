import CoppiceIR
import CoppicePassManager

extension ElementPruning {
  /// The amount as a count or a bound: `bytes=` becomes the share of units that has to go.
  func settled(
    _ selector: any WeightSelector, _ weights: [PrunableWeight], _ graph: Graph,
    _ context: inout PassContext
  ) throws -> PruningAmount? {
    guard case .bytes(let limit) = options.amount, !weights.isEmpty else { return options.amount }
    guard let planner = context.services.storages else { throw DiagnosticMessage.noPlanner }
    let fit = StorageFit(
      selector: selector, weights: weights, graph: graph, planner: planner,
      preference: options.preference, pass: pass)
    return try fit.settle(limit, &context)
  }
}

/// Finds how many units have to go for weights to take at most some bytes as they are emitted.
///
/// Bytes need not fall with every unit that goes, so that the search halves what is left: for a
/// smaller limit it takes the same turns up to one that leads further on, and never prunes less. One
/// unit less than what it finds does not fit.
private struct StorageFit {
  let selector: any WeightSelector
  let weights: [PrunableWeight]
  let graph: Graph
  let planner: any StoragePlanning
  let preference: StoragePreference
  let pass: String

  func settle(_ limit: Int, _ context: inout PassContext) throws -> PruningAmount {
    let all = selector.unitCount
    var (low, high) = (0, all)
    var least = try bytes(all)
    guard least <= limit else { throw DiagnosticMessage.tooFew(limit, least) }
    let untouched = try bytes(0)
    if untouched <= limit { (high, least) = (0, untouched) }
    while high - low > 1 {
      let middle = low + (high - low) / 2
      let found = try bytes(middle)
      if found <= limit { (high, least) = (middle, found) } else { low = middle }
    }
    context.note(.fits(high, of: all, bytes: least, limit: limit))
    return .share(high, of: all)
  }

  /// What the weights take when so many units are gone.
  private func bytes(_ gone: Int) throws -> Int {
    var trial = graph
    try selector.forEachOutcome(.share(gone, of: selector.unitCount)) { index, outcome in
      if let constant = outcome.constant {
        trial.setConstant(weights[index].value, constant, by: pass)
      }
    }
    let request = StorageRequest(preference: preference, constants: weights.map(\.value))
    let decisions = planner.chooseStorages(trial, request)
    return weights.reduce(0) { sum, weight in
      sum + (decisions[weight.value]?.bytes ?? weight.constant.type.byteCount)
    }
  }
}

extension DiagnosticMessage {
  fileprivate static let noPlanner = DiagnosticMessage(
    "no-storage-planner",
    "this program gives passes no knowledge of kernels, so that bytes cannot be counted; give "
      + "another amount")

  fileprivate static func tooFew(_ limit: Int, _ least: Int) -> Self {
    Self(
      "prune-bytes",
      "the weights take \(least) bytes when all goes that may go, and bytes=\(limit) is less; allow "
        + "more, lower keep-at-least, or prune filters too")
  }

  fileprivate static func fits(_ gone: Int, of all: Int, bytes: Int, limit: Int) -> Self {
    Self(
      "prune-bytes",
      "\(gone) of \(all) units go: the weights take \(bytes) of \(limit) bytes as sparsify stores them"
    )
  }
}
