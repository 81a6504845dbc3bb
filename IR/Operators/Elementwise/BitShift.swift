/// The bits of an integer moved to the left or right, broadcast.
///
/// Right shifts keep the sign. Counts outside of the type shift everything out.
package struct BitShift: Elementwise {
  package static let schema = OperatorSchema(
    "BitShift", since: 11, operands: ["X", "Y"], results: ["Z"], attributes: ["direction": nil],
    allowed: ["direction": .texts(["LEFT", "RIGHT"])])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Integers only; checks the direction.
  ///
  /// - Throws: `shift-direction`, `element-type`, `element-mismatch`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    let direction = settings.string("direction")
    guard direction == "LEFT" || direction == "RIGHT" else {
      throw DiagnosticMessage(
        "shift-direction", "direction is '\(direction)'; known are LEFT and RIGHT")
    }
    return try context.whole()
  }

  /// A shift by a count inside the type.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let type = x[0].element
    var inside = x[1].compared(.lt, x[1].like(Double(type.bits)))
    if type.isSigned { inside = .binary(.and, x[1].compared(.ge, x[1].like(0)), inside) }
    guard settings.string("direction") == "RIGHT" else {
      return .select(inside, .binary(.shl, x[0], x[1]), x[0].like(0))
    }
    guard type.isSigned else { return .select(inside, .binary(.shr, x[0], x[1]), x[0].like(0)) }
    let count = Expr.select(inside, x[1], x[1].like(Double(type.bits - 1)))
    return .binary(.shr, x[0], count)
  }
}
