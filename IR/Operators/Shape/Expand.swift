/// A tensor broadcast with a given shape.
package struct Expand: Operator {
  package static let schema = OperatorSchema(
    "Expand", since: 8, operands: ["input", "shape"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The broadcast of both shapes.
  ///
  /// - Throws: `broadcast`, `element-type`, `extent`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    let shape = try context.integers(1, "the shape")
    guard let both = broadcastShape([data.shape, shape]) else {
      throw DiagnosticMessage("broadcast", "\(data) does not broadcast with \(shape)")
    }
    return [try TensorType.checked(data.element, both)]
  }

  /// The declared shape, or 1 where the operand has the extent.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let (count, result) = context.shown(1), count <= result.rank,
      let data = context.operands[0]
    else { return [:] }
    let accepted = result.shape.indices.suffix(count).map { axis -> [Int] in
      let (extent, own) = (result.shape[axis], axis - result.rank + data.rank)
      let isOwn = own >= 0 && data.shape[own] == extent && extent != 1
      return isOwn ? [extent, 1] : [extent]
    }
    return [1: ImpliedOperand(accepted)]
  }

  /// The operand's memory, seen repeatedly.
  package func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    (try? inferTypes(context)[0]).map { [operand.broadcast(to: $0.shape)] }
  }

  /// Copies.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let y = try builder.result()
    builder.copy(try builder.operand(0).broadcast(to: y.shape), to: y)
  }
  package var storesOnce: Bool { true }
}
