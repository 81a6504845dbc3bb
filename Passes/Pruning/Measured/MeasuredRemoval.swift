import CoppiceIR
import CoppicePassManager

/// How the filters go that a search on samples has chosen.
struct MeasuredRemoval {
  let filters: FilterGates
  let scope: PruningScope
  let isMaskOnly: Bool

  /// Removes or masks the filters of `gates`, the first to go first, and accounts for them with the
  /// ranks of those that were scored each by itself; answers the gates whose filters may go.
  func remove(
    _ gates: [Int], _ ranks: [Int: FilterRank], from graph: inout Graph,
    _ context: inout PassContext
  ) throws -> [Int] {
    context.leaveDense(graph)
    let edits = context.edits(gates.count)
    let off = Array(gates.prefix(edits.count))
    let rewriting = FilterRewriting(
      analysis: filters.analysis, removed: units(off),
      edit: edits.last ?? context.preparation)
    rewriting.audit(ranks, scope, wanted: units(gates), &context)
    try rewriting.apply(to: &graph, isMaskOnly: isMaskOnly, &context)
    return off
  }

  private func units(_ gates: [Int]) -> Set<Int> { Set(gates.map { filters.candidates[$0].unit }) }
}

extension PassOption {
  static let labelledData = PassOption(
    "data", .path, isRequired: true,
    "Folder of samples: test_data_set_K, or input_K with a leading axis; labels in label_0")

  static let measuredSparsity = PassOption(
    "sparsity", .decimal(0...1), isRequired: true,
    "Fraction of the removable filters that goes, rounded down to a count")

  static let measuredScope = PassOption(
    "scope", .choice([PruningScope.local, .global].map(\.rawValue)), default: "local",
    "Count inside each set of coupled layers or over all of them")

  static let maskOnly = PassOption(
    "mask-only", .flag, default: "false", "Zero the filters in place of removing them")
}
