/// One of two blocks: the first if the condition holds, else the second.
///
/// The blocks have no inputs and yield values of the same types. An If whose condition is known at
/// import is replaced by the block that is taken.
package struct If: Operator {
  package static let schema = OperatorSchema("If", operands: ["cond"], results: ["outputs*"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// What both blocks yield.
  ///
  /// - Throws: `if-condition`, `if-blocks`, `if-types`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let condition = try context.type(0)
    guard condition.element == .bool, condition.count == 1 else {
      throw DiagnosticMessage("if-condition", "the condition is \(condition); it must be one bool")
    }
    guard context.blockResults.count == 2,
      context.blockResults[0].count == context.blockResults[1].count
    else {
      throw DiagnosticMessage("if-blocks", "If needs two branches that give as many results")
    }
    for (yes, no) in zip(context.blockResults[0], context.blockResults[1])
    where yes.shape != no.shape || yes.element != no.element || !yes.element.isComputable {
      throw DiagnosticMessage(
        "if-types",
        "the branches give \(yes) and \(no); one static type to compute in is needed, or a "
          + "condition that is known at compile time")
    }
    return context.blockResults[0]
  }

  /// Lowered by way of its blocks, never by itself.
  ///
  /// - Throws: `if-blocks`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    throw DiagnosticMessage("if-blocks", "If is lowered by way of its branches")
  }
}
