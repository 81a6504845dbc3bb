/// What stands for a missing value, replaced feature by feature (ai.onnx.ml, opset 1).
package struct Imputer: Operator {
  package static let schema = OperatorSchema(
    "Imputer", domain: "ai.onnx.ml", through: 5, operands: ["X"],
    attributes: [
      "imputed_value_floats": .floats([]), "imputed_value_int64s": .ints([]),
      "replaced_value_float": .float(0), "replaced_value_int64": .int(0),
    ], allowed: ["replaced_value_int64": .integer])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.number(0)
    let count =
      x.element.isFloat
      ? settings.floats("imputed_value_floats")?.count ?? 0
      : settings.ints("imputed_value_int64s")?.count ?? 0
    guard x.rank > 0, count > 0 else {
      throw DiagnosticMessage("imputer-values", "there is no value to be put into \(x)")
    }
    return [TensorType(x.element, x.shape)]
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let type = TensorType(x.element, x.shape)
    let values = imputed(x.element)
    let isPerFeature = values.type.count == type.features && values.type.count > 1
    let table = isPerFeature ? builder.table(values, "imputed") : nil
    builder.loops(x.shape) { index in
      let value = builder.define("x", x[index])
      let other =
        table?[[index[min(1, index.count - 1)]]]
        ?? (x.element == .int64
          ? .whole(Int64(values.integers?[0] ?? 0), .int64)
          : .constant(values.number(at: 0), x.element))
      builder.store(.select(isReplaced(value), other, value), to: y, at: index)
    }
  }

  private func imputed(_ element: ElementType) -> Constant {
    if element.isFloat {
      return Constant.reals(
        (settings.floats("imputed_value_floats") ?? []).map(Double.init), element)
    }
    let values = settings.ints("imputed_value_int64s") ?? []
    if element == .int64 { return .indices(values) }
    let bytes = values.flatMap { Bytes.number(Double($0), element).array(of: UInt8.self) }
    return Constant(TensorType(element, [values.count]), .dense(Bytes(bytes)))
  }

  private func isReplaced(_ x: Expr) -> Expr {
    guard x.element.isFloat else {
      let value = settings.int("replaced_value_int64")
      return x.converted(to: .int64).compared(.eq, .whole(Int64(value), .int64))
    }
    let replaced = settings.float("replaced_value_float")
    return replaced.isNaN ? .math(.isnan, [x]) : x.compared(.eq, x.like(Double(replaced)))
  }
  package var storesOnce: Bool { true }
  package var inPlaceOperands: [Int] { [0] }
}
