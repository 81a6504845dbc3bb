/// The remainder of a division, broadcast.
///
/// With `fmod` it has the sign of the dividend, otherwise that of the divisor.
package struct Mod: Elementwise {
  package static let schema = OperatorSchema(
    "Mod", since: 10, operands: ["A", "B"], results: ["C"], attributes: ["fmod": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// By `fmod` or `%`, then brought to the sign of the divisor.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let rest = x[0].scalar.isFloat ? Expr.math(.fmod, x) : combine(.rem, x[0], x[1])
    if settings.flag("fmod") || x[0].element.isUnsigned { return rest }
    let (value, zero) = (builder.define("rest", rest), x[0].like(0))
    let signs = Expr.binary(.xor, value.compared(.lt, zero), x[1].compared(.lt, zero))
    let other = Expr.binary(.and, value.compared(.ne, zero), signs)
    return .select(other, value + x[1], value)
  }
}
