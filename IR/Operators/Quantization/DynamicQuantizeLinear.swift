/// Reals to uint8 with a scale and zero point taken from the smallest and largest element.
package struct DynamicQuantizeLinear: Operator {
  package static let schema = OperatorSchema(
    "DynamicQuantizeLinear", since: 11, operands: ["x"],
    results: ["y", "y_scale", "y_zero_point"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// The quantized tensor, its scale and its zero point.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.computable(0)
    guard x.element == .float32 else {
      throw DiagnosticMessage("element-type", "x must be float32", notes: ["x is \(x)"])
    }
    return [TensorType(.uint8, x.shape), TensorType(.float32, []), TensorType(.uint8, [])]
  }

  /// A pass for the range and a pass that quantizes; the range always holds 0.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    let zero = Expr.constant(0, .float32)
    let (low, high) = (builder.declare("low", zero), builder.declare("high", zero))
    builder.loops(x.shape) { index in
      let value = builder.define("x", x[index])
      builder.assign(low, Expr.variable(low).minimum(value))
      builder.assign(high, Expr.variable(high).maximum(value))
    }
    let range = Expr.variable(high) - .variable(low)
    let full = builder.define("scale", range / .constant(255, .float32))
    let one = Expr.constant(1, .float32)
    let scale = builder.define("scale", .select(full.compared(.eq, zero), one, full))
    let start = (zero - .variable(low)) / scale
    let zeroPoint = builder.define("zero", start.applying(.rint).converted(to: .uint8))
    if let y = builder.resultIfAny(0) {
      builder.loops(y.shape) { index in
        builder.store((x[index] / scale).quantized(zeroPoint, to: .uint8), to: y, at: index)
      }
    }
    if let y = builder.resultIfAny(1) { builder.store(scale, to: y, at: []) }
    if let y = builder.resultIfAny(2) { builder.store(zeroPoint, to: y, at: []) }
  }
}
