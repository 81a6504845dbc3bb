/// What linear models of ai.onnx.ml do to their scores at last; no operator of ONNX.
package struct ScoreTransform: Operator {
  package static let schema = OperatorSchema(
    "ScoreTransform", domain: "coppice", operands: ["X"],
    attributes: ["kind": .string("NONE"), "mirrored": .int(0)],
    allowed: ["kind": PostTransform.names, "mirrored": .flag])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  private var isMirrored: Bool { settings.flag("mirrored") }

  /// The operand's type, with two columns from one where mirrored.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let element = try context.floating()
    let (rows, columns) = try context.rows(0)
    guard try context.type(0).rank == 2 else {
      throw DiagnosticMessage("rows-shape", "operand 0 is \(try context.type(0)), but must be rows")
    }
    return [TensorType(element, [rows, isMirrored ? 2 * columns : columns])]
  }

  /// One pass over each row.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let kind = PostTransform(name: settings.string("kind"))
    let scores = builder.scratch(x.element, [y.shape[1]], "scores")
    builder.loop("row", x.shape[0]) { row in
      builder.loop("t", x.shape[1]) { place in
        let score = builder.define("score", x[[row, place]])
        if isMirrored { builder.store(first(score, kind), to: scores, at: [place]) }
        builder.store(score, to: scores, at: [isMirrored ? place + 1 : place])
      }
      if kind != .none, !(isMirrored && kind != .logistic) { builder.transform(scores, kind) }
      builder.loop("t", y.shape[1]) { place in
        builder.store(scores[[place]], to: y, at: [row, place])
      }
    }
  }

  /// The score of the other class: under LOGISTIC transformed like the one, else what is left to 1.
  private func first(_ score: Expr, _ kind: PostTransform) -> Expr {
    kind == .logistic ? .unary(.neg, score) : score.like(1) - score
  }
  package var storesOnce: Bool { true }
}
