/// The number of elements of a tensor.
package struct Size: Operator {
  package static let schema = OperatorSchema(
    "Size", operands: ["data"], results: ["size"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// A scalar of int64.
  ///
  /// - Throws: `missing-operand`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    _ = try context.type(0)
    return [TensorType(.int64, [])]
  }

  /// Types are static, so the count is known.
  package func fold(_ context: InferenceContext) -> [Constant]? {
    context.operands.first.flatMap { $0 }.map { [Constant([Int64($0.count)], .int64, [])] }
  }

  /// Stores the count.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let count = Int64(try builder.context.type(0).count)
    builder.fill(try builder.result(), with: .whole(count, .int64))
  }
  package var storesOnce: Bool { true }
}
