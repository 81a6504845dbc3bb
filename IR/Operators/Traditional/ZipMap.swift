/// The scores of rows, which ONNX names by class as a sequence of maps (ai.onnx.ml, opset 1).
///
/// Here they stay a matrix; the names of its columns are noted for the header.
package struct ZipMap: Operator {
  package static let schema = OperatorSchema(
    "ZipMap", domain: "ai.onnx.ml", through: 5, operands: ["X"], results: ["Z"],
    attributes: ["classlabels_int64s": .ints([]), "classlabels_strings": .strings([])])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The operand's type, as a matrix.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (rows, columns) = try context.rows(0)
    let names = [
      settings.strings("classlabels_strings")?.count,
      settings.ints("classlabels_int64s")?.count,
    ].compactMap { $0 }.filter { $0 > 0 }
    guard names == [columns] else {
      throw DiagnosticMessage(
        "zipmap-labels", "there are \(names) names for \(columns) columns")
    }
    return [TensorType(try context.number(0).element, [rows, columns])]
  }

  /// The operand's memory.
  package func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    (try? inferTypes(context)).flatMap { operand.reshaped($0[0].shape) }.map { [$0] }
  }

  /// A copy.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    guard let source = x.reshaped(y.shape) else {
      throw DiagnosticMessage("rows-shape", "operand 0 cannot be seen as rows")
    }
    builder.copy(source, to: y)
  }
}
