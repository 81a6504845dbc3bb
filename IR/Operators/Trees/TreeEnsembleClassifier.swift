/// The class that decision trees vote for in each row, and the scores (ai.onnx.ml, opsets 1 to 4).
///
/// Ties, NaN and the rules for two classes are onnxruntime's: with weights for one class only, that score
/// stands against one half (no weight negative) or zero. Class names are numbers of texts when they get here.
package struct TreeEnsembleClassifier: TreeOperator {
  package static let schema = OperatorSchema(
    "TreeEnsembleClassifier", domain: "ai.onnx.ml", through: 5, operands: ["X"],
    results: ["Y", "Z"],
    attributes: [
      "base_values": .floats([]), "class_ids": .ints([]), "class_nodeids": .ints([]),
      "class_treeids": .ints([]), "class_weights": .floats([]), "classlabels_int64s": .ints([]),
      "classlabels_strings": .strings([]), "nodes_falsenodeids": .ints([]),
      "nodes_featureids": .ints([]), "nodes_hitrates": .floats([]),
      "nodes_missing_value_tracks_true": .ints([]), "nodes_modes": .strings([]),
      "nodes_nodeids": .ints([]), "nodes_treeids": .ints([]), "nodes_truenodeids": .ints([]),
      "nodes_values": .floats([]), "post_transform": .string("NONE"),
      "base_values_as_tensor": nil, "class_weights_as_tensor": nil, "nodes_hitrates_as_tensor": nil,
      "nodes_values_as_tensor": nil,
    ],
    allowed: [
      "post_transform": PostTransform.names, "base_values_as_tensor": .tensor,
      "class_weights_as_tensor": .tensor, "nodes_hitrates_as_tensor": .tensor,
      "nodes_values_as_tensor": .tensor,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  var targetCount: Int { labels.count }
  private var labels: [Int] { settings.ints("classlabels_int64s") ?? [] }

  func forest() throws(DiagnosticMessage) -> Forest { try Forest(settings, leaves: "class") }

  /// A label and a row of scores for each row.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let rows = try checkedRows(context)
    return [TensorType(.int64, [rows]), TensorType(.float32, [rows, targetCount])]
  }

  /// Walks every tree with every row.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (y, z) = (builder.resultIfAny(0), builder.resultIfAny(1))
    let transform = PostTransform(name: settings.string("post_transform"))
    let vote = ForestVote(
      labels: labels, base: settings.reals("base_values"), transform: transform,
      weights: settings.reals("class_weights"),
      classes: Set(settings.ints("class_ids") ?? []).count)
    try walk(builder, .sum, asksWhoSpoke: true) { row, walk in
      let label = targetCount > 2 ? vote.most(walk) : vote.binary(walk)
      if let y { builder.store(label, to: y, at: [row]) }
      guard let z else { return }
      builder.loop("t", targetCount) { target in
        builder.store(walk.scores[[target]].converted(to: .float32), to: z, at: [row, target])
      }
    }
  }
}
