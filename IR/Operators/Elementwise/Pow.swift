/// The first tensor raised to the power of the second, broadcast; in the type of the first.
package struct Pow: Elementwise {
  package static let schema = OperatorSchema(
    "Pow", operands: ["X", "Y"], results: ["Z"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Operands may be of two number types.
  ///
  /// - Throws: `element-type`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    for index in 0..<2 {
      let type = try context.computable(index)
      guard type.element != .bool else {
        throw DiagnosticMessage("element-type", "operand \(index) is \(type); Pow takes numbers")
      }
    }
    return try context.type(0).element
  }

  /// By `pow`, or by squaring for whole numbers.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let base = x[0].element
    if base.isFloat { return .math(.pow, [x[0], x[1].converted(to: base)]) }
    if x[1].element.isFloat {
      let power = Expr.math(.pow, [x[0].converted(to: .float64), x[1].converted(to: .float64)])
      return power.converted(to: base)
    }
    return wholePower(x[0], x[1], builder)
  }

  private func wholePower(_ base: Expr, _ exponent: Expr, _ builder: LoopBuilder) -> Expr {
    let result = builder.declare("power", base.like(1))
    let square = builder.declare("square", base)
    let left = builder.declare("left", exponent.converted(to: .int64))
    let zero = Expr.constant(0, .int64)
    let turn = builder.block {
      let odd = Expr.binary(.and, .variable(left), .constant(1, .int64)).compared(.ne, zero)
      builder.when(odd) { builder.assign(result, .variable(result) * .variable(square)) }
      builder.assign(square, .variable(square) * .variable(square))
      builder.assign(left, .binary(.shr, .variable(left), .constant(1, .int64)))
    }
    let more = Expr.variable(left).compared(.gt, zero)
    builder.when(more) { builder.emit(.repeatWhile(more, turn)) }
    return .variable(result)
  }
}
