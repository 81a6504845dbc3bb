/// The bits of an integer moved to the left or right, broadcast.
///
/// Right shifts keep the sign. Counts outside of the type shift everything out.
public struct BitShift: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "BitShift", since: 11, operands: ["X", "Y"], results: ["Z"], attributes: ["direction": nil],
    allowed: ["direction": .texts(["LEFT", "RIGHT"])])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `direction`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Integers only; checks the direction.
  ///
  /// - Parameter context: The operands.
  /// - Returns: The integer type that the operands share.
  /// - Throws: `shift-direction`, `element-type`, `element-mismatch`.
  public func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    let direction = attributes.string("direction")
    guard direction == "LEFT" || direction == "RIGHT" else {
      throw DiagnosticMessage(
        "shift-direction", "direction is '\(direction)'; known are LEFT and RIGHT")
    }
    return try context.whole()
  }

  /// A shift by a count inside the type.
  ///
  /// - Parameters:
  ///   - x: One element of each operand.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let type = x[0].element
    var inside = x[1].compared(.lt, x[1].like(Double(type.bits)))
    if type.isSigned { inside = .binary(.and, x[1].compared(.ge, x[1].like(0)), inside) }
    guard attributes.string("direction") == "RIGHT" else {
      return .select(inside, .binary(.shl, x[0], x[1]), x[0].like(0))
    }
    guard type.isSigned else { return .select(inside, .binary(.shr, x[0], x[1]), x[0].like(0)) }
    let count = Expr.select(inside, x[1], x[1].like(Double(type.bits - 1)))
    return .binary(.shr, x[0], count)
  }
}
