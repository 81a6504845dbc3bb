/// Each element in the element type of another tensor.
package struct CastLike: Operator {
  package static let schema = OperatorSchema(
    "CastLike", since: 15, operands: ["input", "target_type"], results: ["output"],
    attributes: ["round_mode": .string("up"), "saturate": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Operand 0's shape with operand 1's element type.
  ///
  /// - Throws: `element-type`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, like) = (try context.computable(0), try context.computable(1))
    return [TensorType(like.element, x.shape)]
  }

  /// One pass over the elements.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let (element, rule) = (y.stored, CastRule(settings))
    builder.map(x, to: y) { $0.cast(to: element, rule, builder) }
  }
  package var storesOnce: Bool { true }
  package var inPlaceOperands: [Int] { [0] }
}
