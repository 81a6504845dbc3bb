/// The operand itself.
package struct Identity: ElementCarrier {
  package static let schema = OperatorSchema(
    "Identity", operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The operand's type.
  ///
  /// - Throws: `missing-operand`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    [try context.type(0)]
  }

  /// A constant stays one.
  package func fold(_ context: InferenceContext) -> [Constant]? {
    context.known.first.flatMap { $0 }.map { [$0] }
  }

  /// The operand's memory.
  package func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    [operand]
  }

  /// Copies.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    try builder.copy(builder.operand(0), to: builder.result())
  }
  package var storesOnce: Bool { true }
}
