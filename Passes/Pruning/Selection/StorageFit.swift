import CoppiceIR
import CoppicePassManager

extension ElementPruning {
  /// The amount as a count or a bound: `bytes=` becomes the share of units that has to go.
  func settled(
    _ selector: any WeightSelector, _ weights: [PrunableWeight], _ graph: Graph,
    _ context: inout PassContext
  ) throws -> PruningAmount? {
    guard case .bytes(let limit) = options.amount, !weights.isEmpty else { return options.amount }
    let fit = try StorageFit(context, options.preference)
    let edit = context.preparation
    return try fit.settle(limit, of: selector.unitCount, &context) { amount in
      var trial = graph
      try selector.forEachOutcome(amount) { index, outcome in
        if let constant = outcome.constant {
          trial.setConstant(weights[index].value, constant, by: edit)
        }
      }
      return fit.bytes(of: weights.map(\.value), in: trial)
    }
  }
}

/// Finds how many units have to go for weights to take at most some bytes as they are emitted.
///
/// Bytes need not fall with every unit that goes, so that the search halves what is left: for a
/// smaller limit it takes the same turns up to one that leads further on, and never prunes less. One
/// unit less than what it finds does not fit.
struct StorageFit {
  private let planner: any StoragePlanning
  private let preference: StoragePreference

  /// Takes the planner of a context.
  ///
  /// - Throws: `no-storage-planner`.
  init(_ context: PassContext, _ preference: StoragePreference) throws(DiagnosticMessage) {
    guard let planner = context.services.storages else { throw DiagnosticMessage.noPlanner }
    self.planner = planner
    self.preference = preference
  }

  /// The bytes of some weights.
  func bytes(of weights: [ValueID], in graph: Graph) -> Int {
    let request = StorageRequest(preference: preference, constants: weights)
    let decisions = planner.chooseStorages(graph, request)
    return weights.reduce(0) { sum, weight in
      sum + (decisions[weight]?.bytes ?? graph[weight].type.byteCount)
    }
  }

  /// The share of `all` units that goes, by what the weights take when a share is gone.
  ///
  /// - Throws: `prune-bytes` where all that may go is not enough.
  func settle(
    _ limit: Int, of all: Int, _ context: inout PassContext,
    _ bytes: (PruningAmount) throws -> Int
  ) throws -> PruningAmount {
    var (low, high) = (0, all)
    var least = try bytes(.share(all, of: all))
    guard least <= limit else { throw DiagnosticMessage.tooFew(limit, least) }
    let untouched = try bytes(.share(0, of: all))
    if untouched <= limit { (high, least) = (0, untouched) }
    while high - low > 1 {
      let middle = low + (high - low) / 2
      let found = try bytes(.share(middle, of: all))
      if found <= limit { (high, least) = (middle, found) } else { low = middle }
    }
    context.note(.fits(high, of: all, bytes: least, limit: limit))
    return .share(high, of: all)
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
