/// The first operand through Swish, times the second.
public struct SwiGLU: Operator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "SwiGLU", since: 27, operands: ["A", "B"], attributes: ["alpha": .float(1)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `alpha`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Always.
  public var storesOnce: Bool { true }
  /// Both.
  public var inPlaceOperands: [Int] { [0, 1] }
  /// 1e-4: exponentials differ between libraries.
  public var tolerance: Double { 1e-4 }

  /// The operands' common type; nothing is broadcast.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let element = try context.floating()
    let (a, b) = (try context.type(0), try context.type(1))
    guard a.shape == b.shape else {
      throw DiagnosticMessage("broadcast", "\(a) and \(b) must have one shape")
    }
    return [TensorType(element, a.shape)]
  }

  /// One pass over the elements.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (a, b, y) = (try builder.operand(0), try builder.operand(1), try builder.result())
    let one = Expr.constant(1, y.element)
    builder.loops(y.shape) { index in
      let x = builder.define("a", a[index])
      let power = Expr.unary(.neg, x.scaled(by: attributes.float("alpha", 1)))
      let gate = x / (one + power.applying(.exp))
      builder.store(gate * b[index], to: y, at: index)
    }
  }
}
