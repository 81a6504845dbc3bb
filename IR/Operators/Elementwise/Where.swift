/// Elements of one of two tensors, chosen by a third; broadcast.
public struct Where: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Where", since: 9, operands: ["condition", "X", "Y"], results: ["output"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The condition is a bool, the choices are of one type.
  ///
  /// - Parameter context: The operands.
  /// - Returns: The type of the choices.
  /// - Throws: `missing-operand`, `element-type`, `element-mismatch`.
  public func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    let (condition, x, y) = (try context.type(0), try context.computable(1), try context.type(2))
    guard condition.element == .bool, x.element == y.element else {
      throw DiagnosticMessage(
        "element-mismatch", "Where needs a bool and two tensors of one element type",
        notes: ["condition is \(condition)", "X is \(x)", "Y is \(y)"])
    }
    return x.element
  }

  /// A choice.
  ///
  /// - Parameters:
  ///   - x: One element of each operand.
  ///   - builder: Unused.
  /// - Returns: The result's element.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { .select(x[0], x[1], x[2]) }
  /// The choices; the planner checks types and shapes.
  public var inPlaceOperands: [Int] { [1, 2] }
}
