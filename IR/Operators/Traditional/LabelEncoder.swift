/// Each element looked up among keys, and the value beside the key taken (ai.onnx.ml, opsets 1 to 4).
///
/// Texts are numbers when they get here. Of equal keys the first counts, and NaN is a key like others.
package struct LabelEncoder: Operator {
  package static let schema = OperatorSchema(
    "LabelEncoder", domain: "ai.onnx.ml", through: 5, operands: ["X"],
    attributes: [
      "classes_strings": .strings([]), "default_float": .float(-0.0), "default_int64": .int(-1),
      "default_string": .string("_Unused"), "default_tensor": nil, "keys_floats": .floats([]),
      "keys_int64s": .ints([]), "keys_strings": .strings([]), "keys_tensor": nil,
      "values_floats": .floats([]), "values_int64s": .ints([]), "values_strings": .strings([]),
      "values_tensor": nil,
    ],
    allowed: [
      "default_int64": .integer, "default_string": .text, "default_tensor": .tensor,
      "keys_tensor": .tensor, "values_tensor": .tensor,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  private func list(_ name: String) -> Constant? {
    if let tensor = settings.tensor("\(name)_tensor") { return tensor }
    if let values = settings.ints("\(name)_int64s"), !values.isEmpty { return .indices(values) }
    guard let values = settings.floats("\(name)_floats"), !values.isEmpty else { return nil }
    return Constant(values, .float32, [values.count])
  }

  private func pairs() throws(DiagnosticMessage) -> (keys: Constant, values: Constant) {
    guard let keys = list("keys"), let values = list("values"),
      keys.type.count == values.type.count, keys.type.count > 0,
      keys.type.element.isComputable, values.type.element.isComputable
    else {
      throw DiagnosticMessage(
        "encoder-keys", "LabelEncoder needs as many keys as values, of numbers or class names")
    }
    return (keys, values)
  }

  /// The type of the values.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, pairs) = (try context.number(0), try pairs())
    guard x.element == pairs.keys.type.element else {
      throw DiagnosticMessage(
        "element-mismatch", "operand 0 is \(x), but the keys are \(pairs.keys.type)")
    }
    return [TensorType(pairs.values.type.element, x.shape)]
  }

  /// A search through the keys for each element.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let pairs = try pairs()
    let count = pairs.keys.type.count
    let keys = builder.table(pairs.keys.reshaped([count]), "keys")
    let values = builder.table(pairs.values.reshaped([count]), "values")
    builder.loops(x.shape) { index in
      let value = builder.define("x", x[index])
      let place = builder.declare("place", .integer(0))
      let isInside = Expr.variable(place).compared(.lt, .integer(count))
      let key = keys[[Expr.variable(place).minimum(.integer(count - 1))]]
      let differs = Expr.unary(.lnot, isEqual(key, value))
      let turn = builder.block { builder.assign(place, .variable(place) + 1) }
      builder.emit(.repeatWhile(isInside.and(differs), turn))
      builder.when(isInside) {
        builder.store(values[[.variable(place)]], to: y, at: index)
      } else: {
        builder.store(fallback(y.element), to: y, at: index)
      }
    }
  }

  private func isEqual(_ key: Expr, _ value: Expr) -> Expr {
    guard value.element.isFloat else { return key.compared(.eq, value) }
    let isNeither = Expr.math(.isnan, [key]).and(.math(.isnan, [value]))
    return key.compared(.eq, value).or(isNeither)
  }

  private func fallback(_ element: ElementType) -> Expr {
    if let tensor = settings.tensor("default_tensor"), tensor.type.count > 0 {
      if let whole = tensor.integers?.first, element == .int64 {
        return .whole(Int64(whole), .int64)
      }
      return .constant(tensor.number(at: 0), element)
    }
    if element.isFloat {
      return .constant(Double(settings.float("default_float")), element)
    }
    if element == .int64 { return .whole(Int64(settings.int("default_int64")), .int64) }
    return .constant(Double(settings.int("default_int64")), element)
  }
}
