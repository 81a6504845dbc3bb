/// Sums, means or extremes of what decision trees say of each row (ai.onnx.ml, opsets 1 to 4).
///
/// The trees become tables. Semantics are onnxruntime's: NaN takes the false side unless the branch tracks
/// missing values.
package struct TreeEnsembleRegressor: TreeOperator {
  package static let schema = OperatorSchema(
    "TreeEnsembleRegressor", domain: "ai.onnx.ml", through: 5, operands: ["X"],
    attributes: [
      "aggregate_function": .string("SUM"), "base_values": .floats([]), "n_targets": .int(1),
      "nodes_falsenodeids": .ints([]), "nodes_featureids": .ints([]), "nodes_hitrates": .floats([]),
      "nodes_missing_value_tracks_true": .ints([]), "nodes_modes": .strings([]),
      "nodes_nodeids": .ints([]), "nodes_treeids": .ints([]), "nodes_truenodeids": .ints([]),
      "nodes_values": .floats([]), "post_transform": .string("NONE"), "target_ids": .ints([]),
      "target_nodeids": .ints([]), "target_treeids": .ints([]), "target_weights": .floats([]),
      "base_values_as_tensor": nil, "nodes_hitrates_as_tensor": nil, "nodes_values_as_tensor": nil,
      "target_weights_as_tensor": nil,
    ],
    allowed: [
      "aggregate_function": .texts(["AVERAGE", "SUM", "MIN", "MAX"]), "n_targets": .positive,
      "post_transform": PostTransform.names,
      "base_values_as_tensor": .tensor, "nodes_hitrates_as_tensor": .tensor,
      "nodes_values_as_tensor": .tensor, "target_weights_as_tensor": .tensor,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  var targetCount: Int { settings.int("n_targets") }

  func forest() throws(DiagnosticMessage) -> Forest { try Forest(settings, leaves: "target") }

  /// A row of targets for each row.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    [TensorType(.float32, [try checkedRows(context), targetCount])]
  }

  /// Walks every tree with every row.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let y = try builder.result()
    let aggregate = Aggregate(name: settings.string("aggregate_function"))
    let transform = PostTransform(name: settings.string("post_transform"))
    let base = settings.reals("base_values")
    let asksWhoSpoke = targetCount > 1 && base.count == targetCount
    try walk(builder, aggregate, asksWhoSpoke: asksWhoSpoke) { row, walk in
      walk.finishRegression(base, transform)
      builder.loop("t", targetCount) { target in
        builder.store(walk.scores[[target]].converted(to: .float32), to: y, at: [row, target])
      }
    }
  }
  package var storesOnce: Bool { true }
}
