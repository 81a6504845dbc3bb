/// Sums, means or extremes of what decision trees say of each row (ai.onnx.ml, opset 5).
///
/// The trees become tables; a branch on a set of members becomes a branch on each.
package struct TreeEnsemble: TreeOperator {
  package static let schema = OperatorSchema(
    "TreeEnsemble", domain: "ai.onnx.ml", since: 5, through: 5, operands: ["X"],
    attributes: [
      "aggregate_function": .int(1), "leaf_targetids": .ints([]), "leaf_weights": nil,
      "membership_values": nil, "n_targets": .int(1), "nodes_falseleafs": .ints([]),
      "nodes_falsenodeids": .ints([]), "nodes_featureids": .ints([]), "nodes_hitrates": nil,
      "nodes_missing_value_tracks_true": .ints([]), "nodes_modes": nil, "nodes_splits": nil,
      "nodes_trueleafs": .ints([]), "nodes_truenodeids": .ints([]), "post_transform": .int(0),
      "tree_roots": .ints([]),
    ],
    allowed: [
      "aggregate_function": .integers(0...3), "n_targets": .positive,
      "post_transform": .integers(0...4), "leaf_weights": .tensor, "membership_values": .tensor,
      "nodes_hitrates": .tensor, "nodes_modes": .tensor, "nodes_splits": .tensor,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  var targetCount: Int { settings.int("n_targets") }

  func forest() throws(DiagnosticMessage) -> Forest { try Forest(splits: settings) }

  /// A row of targets for each row.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let rows = try checkedRows(context)
    return [TensorType(try context.floating(), [rows, targetCount])]
  }

  /// Walks every tree with every row.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let y = try builder.result()
    let aggregate = Aggregate(rawValue: settings.int("aggregate_function")) ?? .sum
    let transform = PostTransform(rawValue: settings.int("post_transform")) ?? .none
    try walk(builder, aggregate, asksWhoSpoke: false) { row, walk in
      walk.finishRegression([], transform)
      builder.loop("t", targetCount) { target in
        builder.store(walk.scores[[target]].converted(to: y.element), to: y, at: [row, target])
      }
    }
  }
  package var storesOnce: Bool { true }
}
