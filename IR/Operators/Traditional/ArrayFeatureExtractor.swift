/// Chosen features of each row (ai.onnx.ml, opset 1).
package struct ArrayFeatureExtractor: Operator {
  package static let schema = OperatorSchema(
    "ArrayFeatureExtractor", domain: "ai.onnx.ml", through: 5, operands: ["X", "Y"],
    results: ["Z"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// As many columns as there are indices; one row of a list.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, indices) = (try context.computable(0), try context.indices(1))
    guard x.rank > 0 else {
      throw DiagnosticMessage("rows-shape", "operand 0 is \(x), which has no features")
    }
    try context.checkIndices(1, extent: x.shape[x.rank - 1])
    let rows = x.rank == 1 ? [1] : Array(x.shape.dropLast())
    return [try TensorType.checked(x.element, rows + [indices.count])]
  }

  /// Gather along the last axis.
  package func decompose(
    _ builder: inout DecompositionBuilder
  ) throws(DiagnosticMessage) -> Bool {
    guard var x = builder.operands[0], var indices = builder.operands[1] else { return false }
    if builder.type(x).rank == 1 {
      let shape = builder.constant(.indices([1, builder.type(x).shape[0]]))
      x = try builder.node(Reshape(), x, shape)
    }
    if builder.type(indices).rank != 1 {
      let shape = builder.constant(.indices([builder.type(indices).count]))
      indices = try builder.node(Reshape(), indices, shape)
    }
    builder.setResult(0, try builder.node(Gather(attributes: ["axis": .int(-1)]), x, indices))
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
