/// Rows times coefficients plus intercepts (ai.onnx.ml, opset 1).
package struct LinearRegressor: LinearScores {
  package static let schema = OperatorSchema(
    "LinearRegressor", domain: "ai.onnx.ml", through: 5, operands: ["X"],
    attributes: [
      "coefficients": .floats([]), "intercepts": .floats([]), "post_transform": .string("NONE"),
      "targets": .int(1),
    ],
    allowed: ["post_transform": PostTransform.names, "targets": .positive])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  private var targets: Int { settings.int("targets") }

  /// A row of targets for each row.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    [TensorType(.float32, [try checkedRows(context, targets: targets), targets])]
  }

  /// Gemm, and what is done with the scores.
  package func decompose(
    _ builder: inout DecompositionBuilder
  ) throws(DiagnosticMessage) -> Bool {
    let intercepts = settings.floats("intercepts") ?? []
    let scores = try scores(&builder, targets: targets, intercepts: intercepts)
    let name = settings.string("post_transform")
    // onnxruntime leaves a single target as it is but for PROBIT.
    let isKept = name == "NONE" || targets == 1 && name != "PROBIT"
    builder.setResult(
      0,
      isKept
        ? scores : try builder.node(ScoreTransform(attributes: ["kind": .string(name)]), scores))
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
