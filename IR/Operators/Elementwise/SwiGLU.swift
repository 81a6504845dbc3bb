/// The first operand through Swish, times the second.
package struct SwiGLU: Operator {
  package static let schema = OperatorSchema(
    "SwiGLU", since: 27, operands: ["A", "B"], attributes: ["alpha": .float(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }
  /// Both.
  package var inPlaceOperands: [Int] { [0, 1] }
  /// 1e-4: exponentials differ between libraries.
  package var tolerance: Double { 1e-4 }

  /// The operands' common type; nothing is broadcast.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let element = try context.floating()
    let (a, b) = (try context.type(0), try context.type(1))
    guard a.shape == b.shape else {
      throw DiagnosticMessage("broadcast", "\(a) and \(b) must have one shape")
    }
    return [TensorType(element, a.shape)]
  }

  /// One pass over the elements.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (a, b, y) = (try builder.operand(0), try builder.operand(1), try builder.result())
    let one = Expr.constant(1, y.element)
    builder.loops(y.shape) { index in
      let x = builder.define("a", a[index])
      let power = Expr.unary(.neg, x.scaled(by: settings.float("alpha")))
      let gate = x / (one + power.applying(.exp))
      builder.store(gate * b[index], to: y, at: index)
    }
  }
}
