/// The exponentials of each line of a quantized tensor, divided by their sum and requantized.
///
/// The difference to the greatest integer of a line is one of 256: their exponentials are a table of
/// float32. What is left are sums in order and two divisions for each result, which give the same
/// bits everywhere.
package struct QLinearSoftmax: Operator {
  package static let schema = OperatorSchema(
    "QLinearSoftmax", domain: "com.microsoft",
    operands: ["X", "X_scale", "x_zero_point?", "y_scale", "y_zero_point"],
    attributes: ["axis": .int(-1), "opset": .int(13)], allowed: ["opset": .positive])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  private func axes(_ shape: [Int]) throws(DiagnosticMessage) -> [Int] {
    let (axis, rank) = (settings.int("axis"), shape.count)
    let first = try existingAxis(axis, TensorType(.int8, shape))
    return settings.int("opset") < 13 ? Array(first..<rank) : [first]
  }

  /// The operand's shape in the type of the result's zero point.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.quantized(0)
    _ = try context.grid(x.element, scale: 1, zeroPoint: 2)
    let element = try context.quantized(4).element
    _ = try context.grid(element, scale: 3, zeroPoint: 4)
    _ = try axes(x.shape)
    return [TensorType(element, x.shape)]
  }

  /// Three passes over each line: its greatest integer, the sum, the results.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let from = try builder.context.grid(x.element, scale: 1, zeroPoint: 2)
    let to = try builder.context.grid(y.element, scale: 3, zeroPoint: 4)
    let powers = (0..<256).map { Float(exponential(-Double(Float($0) * from.scale))) }
    let table = builder.table(Constant(powers, .float32, [256]), "exp")
    let requantization = Requantization(.onnx, bounds: to.range)
    let lines = ReducedAxes(x.shape, try axes(x.shape))
    lines.outer(builder) { index in
      let most = builder.declare("most", .constant(Double(from.range.lowerBound), .int32))
      lines.inner(builder, index) { place in
        builder.assign(most, Expr.variable(most).maximum(x[place].converted(to: .int32)))
      }
      func power(_ place: [Expr]) -> Expr {
        table[[(.variable(most) - x[place].converted(to: .int32)).converted(to: .index)]]
      }
      let sum = builder.declare("sum", .constant(0, .float32))
      lines.inner(builder, index) { builder.accumulate(sum, power($0)) }
      lines.inner(builder, index) { place in
        let scaled = power(place) / .variable(sum) / .constant(Double(to.scale), .float32)
        let zero = Expr.constant(Double(to.zeroPoint), .int32)
        builder.store(requantization.rounded(scaled, zero, to.element), to: y, at: place)
      }
    }
  }
}
