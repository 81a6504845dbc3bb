/// Elements of one of two tensors, chosen by a third; broadcast.
package struct Where: Elementwise {
  package static let schema = OperatorSchema(
    "Where", since: 9, operands: ["condition", "X", "Y"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The condition is a bool, the choices are of one type.
  ///
  /// - Throws: `missing-operand`, `element-type`, `element-mismatch`.
  package func resultElement(_ context: InferenceContext) throws(DiagnosticMessage) -> ElementType {
    let (condition, x, y) = (try context.type(0), try context.computable(1), try context.type(2))
    guard condition.element == .bool, x.element == y.element else {
      throw DiagnosticMessage(
        "element-mismatch", "Where needs a bool and two tensors of one element type",
        notes: ["condition is \(condition)", "X is \(x)", "Y is \(y)"])
    }
    return x.element
  }

  /// A choice.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr { .select(x[0], x[1], x[2]) }
  /// The choices; the planner checks types and shapes.
  package var inPlaceOperands: [Int] { [1, 2] }
}
