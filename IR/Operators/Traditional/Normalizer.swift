/// Each row divided by its largest element, or by its sum or root of squares (ai.onnx.ml, opset 1).
package struct Normalizer: Operator {
  package static let schema = OperatorSchema(
    "Normalizer", domain: "ai.onnx.ml", through: 5, operands: ["X"],
    attributes: ["norm": .string("MAX")], allowed: ["norm": .texts(["MAX", "L1", "L2"])])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// float32 of the operand's shape.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    _ = try context.rows(0)
    return [TensorType(.float32, try context.number(0).shape)]
  }

  /// Two passes over each row; one whose divisor is 0 stays as it is.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let norm = settings.string("norm")
    let features = x.shape[x.rank - 1]
    builder.loops(Array(x.shape.dropLast())) { row in
      let start = norm == "MAX" ? -Double(Float.greatestFiniteMagnitude) : 0
      let total = builder.declare("total", .constant(start, .float32))
      builder.loop("k", features) { place in
        let size = builder.define("size", size(x[row + [place]], norm))
        let joined =
          norm == "MAX"
          ? Expr.select(
            Expr.variable(total).compared(.lt, size), size, .variable(total))
          : .variable(total) + size
        builder.assign(total, joined)
      }
      let divisor = Expr.variable(total)
      let counts = builder.define("counts", divisor.compared(.ne, .constant(0, .float32)))
      builder.loop("k", features) { place in
        let value = x[row + [place]]
        let plain = value.converted(to: .float32)
        let divided = divided(value, plain, size(value, norm), divisor, norm)
        builder.store(.select(counts, divided, plain), to: y, at: row + [place])
      }
    }
  }

  private func size(_ x: Expr, _ norm: String) -> Expr {
    switch norm {
    case "L1": Expr.unary(.abs, x).converted(to: .float32)
    case "L2": (x * x).converted(to: .float32)
    default: x.converted(to: .float32)
    }
  }

  private func divided(
    _ x: Expr, _ plain: Expr, _ size: Expr, _ divisor: Expr, _ norm: String
  ) -> Expr {
    guard norm == "L2" else { return plain / divisor }
    let root = Expr.math(.sqrt, [size / divisor])
    return .select(x.compared(.lt, .constant(0, x.element)), .unary(.neg, root), root)
  }
  package var storesOnce: Bool { true }
}
