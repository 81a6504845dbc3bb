/// The upper or lower triangle of matrices; zeros elsewhere.
package struct Trilu: Operator {
  package static let schema = OperatorSchema(
    "Trilu", since: 14, operands: ["input", "k?"], results: ["output"],
    attributes: ["upper": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The operand's type.
  ///
  /// - Throws: `trilu-rank`, `trilu-diagonal`, `element-type`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    guard data.rank >= 2 else {
      throw DiagnosticMessage("trilu-rank", "\(data) holds no matrices")
    }
    if context.has(1) {
      let shift = try context.type(1)
      guard shift.element == .int64, shift.count == 1 else {
        throw DiagnosticMessage("trilu-diagonal", "k is \(shift); it must be one i64")
      }
    }
    return [TensorType(data.element, data.shape)]
  }

  /// A choice for each element.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let shift = builder.operandIfAny(1).map { $0[$0.shape.map { _ in .integer(0) }] }
    let limit = builder.define("k", shift ?? .whole(0, .int64))
    let keep: CompareOp = settings.flag("upper") ? .ge : .le
    builder.loops(y.shape) { index in
      let diagonal = (index[y.rank - 1] - index[y.rank - 2]).converted(to: .int64)
      let kept = diagonal.compared(keep, limit)
      builder.store(.select(kept, x[index], .constant(0, y.element)), to: y, at: index)
    }
  }
  package var storesOnce: Bool { true }
  package var inPlaceOperands: [Int] { [0] }
}
