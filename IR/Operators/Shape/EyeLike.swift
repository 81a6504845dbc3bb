/// Ones on a diagonal and zeros elsewhere, in the shape of a matrix.
package struct EyeLike: Operator {
  package static let schema = OperatorSchema(
    "EyeLike", since: 9, operands: ["input"], results: ["output"],
    attributes: ["dtype": nil, "k": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The shape of the operand.
  ///
  /// - Throws: `eye-like`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.type(0)
    let code = attributes["dtype"] == nil ? nil : ElementType(onnx: settings.int("dtype"))
    let element = code ?? data.element
    guard data.rank == 2, element.isComputable else {
      throw DiagnosticMessage(
        "eye-like", "\(element.rawValue) like \(data) is no matrix of numbers")
    }
    return [TensorType(element, data.shape)]
  }

  /// A choice for each element.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let y = try builder.result()
    let limit = 1 << 30
    let shift = max(-limit, min(settings.int("k"), limit))
    builder.loops(y.shape) { index in
      let here = index[1].compared(.eq, index[0] + shift)
      builder.store(
        .select(here, .constant(1, y.element), .constant(0, y.element)), to: y, at: index)
    }
  }
  package var storesOnce: Bool { true }
}
