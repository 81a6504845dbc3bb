/// The remainder of a division, broadcast.
///
/// With `fmod` it has the sign of the dividend, otherwise that of the divisor.
public struct Mod: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Mod", since: 10, operands: ["A", "B"], results: ["C"], attributes: ["fmod": .int(0)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `fmod`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// By `fmod` or `%`, then brought to the sign of the divisor.
  ///
  /// - Parameters:
  ///   - x: One element of each operand.
  ///   - builder: Takes the name of the remainder.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let rest = x[0].scalar.isFloat ? Expr.math(.fmod, x) : combine(.rem, x[0], x[1])
    if attributes.flag("fmod") || x[0].element.isUnsigned { return rest }
    let (value, zero) = (builder.define("rest", rest), x[0].like(0))
    let signs = Expr.binary(.xor, value.compared(.lt, zero), x[1].compared(.lt, zero))
    let other = Expr.binary(.and, value.compared(.ne, zero), signs)
    return .select(other, value + x[1], value)
  }
}
