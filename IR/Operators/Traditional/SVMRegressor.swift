/// Regression by support vectors (ai.onnx.ml, opset 1).
package struct SVMRegressor: SupportVectorOperator {
  package static let schema = OperatorSchema(
    "SVMRegressor", domain: "ai.onnx.ml", through: 5, operands: ["X"],
    attributes: [
      "coefficients": .floats([]), "kernel_params": .floats([]), "kernel_type": .string("LINEAR"),
      "n_supports": .int(0), "one_class": .int(0), "post_transform": .string("NONE"),
      "rho": .floats([]), "support_vectors": .floats([]),
    ],
    allowed: [
      "kernel_type": SupportVectors.kernels, "n_supports": .natural, "one_class": .flag,
      "post_transform": PostTransform.names,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  private var supports: Int { settings.int("n_supports") }

  /// One number for each row.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (rows, features) = try context.rows(0)
    _ = try supportVectors(supports, linear: 1, features: features)
    let coefficients = settings.floats("coefficients")?.count ?? 0
    guard supports == 0 || coefficients == supports, settings.floats("rho")?.isEmpty == false
    else {
      throw DiagnosticMessage(
        "svm-shape",
        "there are \(coefficients) coefficients for \(supports) vectors, or rho is empty")
    }
    return [TensorType(.float32, [rows, 1])]
  }

  /// Products with all vectors, weighted and summed.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let features = x.shape[x.rank - 1]
    let vectors = try supportVectors(supports, linear: 1, features: features)
    let products = builder.scratch(.float32, [vectors.count], "products")
    let weights = builder.table(
      Constant.reals((settings.floats("coefficients") ?? []).map(Double.init), .float32),
      "weights")
    let rho = Expr.constant(Double(settings.floats("rho")?.first ?? 0), .float32)
    builder.loop("row", y.shape[0]) { row in
      vectors.products(
        { x[x.rank == 1 ? [$0] : [row, $0]].converted(to: .float32) }, to: products, builder)
      var value = products[[.integer(0)]]
      if supports > 0 {
        let sum = builder.declare("total", .constant(0, .float32))
        builder.loop("v", supports) { place in
          builder.accumulate(sum, products[[place]] * weights[[place]])
        }
        value = .variable(sum) + rho
      }
      if settings.flag("one_class") {
        value = .select(value.compared(.gt, value.like(0)), value.like(1), value.like(-1))
      }
      builder.store(value, to: y, at: [row, .integer(0)])
    }
  }
  package var storesOnce: Bool { true }
}
