import CoppiceIR
import CoppicePassManager

/// The model as it was before the first pass that prunes: what `correct-bias` compares with.
struct DenseModel: PassResult {
  let graph: Graph

  var table: ResultTable? { nil }
}

extension PassContext {
  /// Keeps the model as it is now, unless one is kept already; constants are shared.
  mutating func leaveDense(_ graph: Graph) {
    if results(of: DenseModel.self).isEmpty { leave(DenseModel(graph: graph)) }
  }
}
