/// The class whose linear score is greatest, and the scores (ai.onnx.ml, opset 1).
///
/// A single score stands for two classes; the label is then the second where the score is above 0.
package struct LinearClassifier: LinearScores {
  package static let schema = OperatorSchema(
    "LinearClassifier", domain: "ai.onnx.ml", through: 5, operands: ["X"], results: ["Y", "Z"],
    attributes: [
      "classlabels_ints": .ints([]), "classlabels_strings": .strings([]),
      "coefficients": .floats([]), "intercepts": .floats([]), "multi_class": .int(0),
      "post_transform": .string("NONE"),
    ],
    allowed: ["multi_class": .flag, "post_transform": PostTransform.names])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  private var labels: [Int] { settings.ints("classlabels_ints") ?? [] }
  /// onnxruntime counts the scores by the intercepts.
  private var scoreCount: Int { settings.floats("intercepts")?.count ?? 0 }
  private var isMirrored: Bool { scoreCount == 1 && labels.count == 2 }

  /// A label and a row of scores for each row.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let rows = try checkedRows(context, targets: scoreCount)
    guard scoreCount == 1 || labels.count == scoreCount else {
      throw DiagnosticMessage(
        "linear-labels", "there are \(labels.count) classes for \(scoreCount) scores")
    }
    return [
      TensorType(.int64, [rows]), TensorType(.float32, [rows, isMirrored ? 2 : scoreCount]),
    ]
  }

  /// Gemm, a choice among the labels, and what is done with the scores.
  package func decompose(
    _ builder: inout DecompositionBuilder
  ) throws(DiagnosticMessage) -> Bool {
    let scores = try scores(
      &builder, targets: scoreCount, intercepts: settings.floats("intercepts") ?? [])
    builder.setResult(0, try label(&builder, scores))
    let name = settings.string("post_transform")
    let change = ScoreTransform(
      attributes: ["kind": .string(name), "mirrored": .int(isMirrored ? 1 : 0)])
    let isKept = !isMirrored && (name == "NONE" || scoreCount == 1 && name != "PROBIT")
    builder.setResult(1, isKept ? scores : try builder.node(change, scores))
    return true
  }

  private func label(
    _ builder: inout DecompositionBuilder, _ scores: ValueID
  ) throws(DiagnosticMessage) -> ValueID {
    if scoreCount > 1 {
      let best = try builder.node(
        ArgMax(attributes: ["axis": .int(1), "keepdims": .int(0)]), scores)
      return try builder.node(Gather(), builder.constant(.indices(labels)), best)
    }
    let pair = labels.count == 2 ? labels : [0, 1]
    let zero = builder.constant(.scalar(0, .float32))
    let wins = try builder.node(Greater(), scores, zero)
    let flat = try builder.node(
      Reshape(), wins, builder.constant(.indices([builder.type(scores).shape[0]])))
    let numbers = pair.map { builder.constant(Constant([Int64($0)], .int64, [])) }
    return try builder.node(Where(), flat, numbers[1], numbers[0])
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
