/// The features of several operands side by side, as float32 (ai.onnx.ml, opset 1).
package struct FeatureVectorizer: Operator {
  package static let schema = OperatorSchema(
    "FeatureVectorizer", domain: "ai.onnx.ml", through: 5, operands: ["X*"],
    attributes: ["inputdimensions": .ints([])])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Rows with the features of all operands.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let wanted = settings.ints("inputdimensions") ?? []
    guard !context.operands.isEmpty, wanted.count == context.operands.count else {
      throw DiagnosticMessage(
        "vectorizer-operands",
        "inputdimensions has \(wanted.count) numbers for "
          + "\(context.operands.count) operands")
    }
    let rows = try context.rows(0).count
    for index in context.operands.indices {
      let own = try context.rows(index)
      guard own.count == rows, own.features == wanted[index] else {
        throw DiagnosticMessage(
          "vectorizer-operands",
          "operand \(index) has \(own.count) rows of \(own.features) features, "
            + "where \(rows) of \(wanted[index]) are expected")
      }
    }
    return [try TensorType.checked(.float32, [rows, wanted.reduce(0, +)])]
  }

  /// Casts and Concat.
  package func decompose(
    _ builder: inout DecompositionBuilder
  ) throws(DiagnosticMessage) -> Bool {
    var parts: [ValueID] = []
    for case var part? in builder.operands {
      if builder.type(part).element != .float32 {
        part = try builder.node(Cast(attributes: ["to": .int(1)]), part)
      }
      if builder.type(part).rank == 1 {
        let shape = builder.constant(.indices([1, builder.type(part).shape[0]]))
        part = try builder.node(Reshape(), part, shape)
      }
      parts.append(part)
    }
    builder.setResult(0, try builder.add(Concat(attributes: ["axis": .int(1)]), parts)[0])
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
