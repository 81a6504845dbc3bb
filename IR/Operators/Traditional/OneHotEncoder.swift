/// For each element a row with 1 at the place of its category (ai.onnx.ml, opset 1).
///
/// An element that is no category gives zeros, whatever the attribute `zeros` says: code has no way to fail.
package struct OneHotEncoder: Operator {
  package static let schema = OperatorSchema(
    "OneHotEncoder", domain: "ai.onnx.ml", through: 5, operands: ["X"],
    attributes: ["cats_int64s": .ints([]), "cats_strings": .strings([]), "zeros": .int(1)],
    allowed: ["zeros": .flag])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  private var categories: [Int] { settings.ints("cats_int64s") ?? [] }

  /// A further axis as long as the categories.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.number(0)
    guard !categories.isEmpty else {
      throw DiagnosticMessage("encoder-categories", "there are no categories")
    }
    return [try TensorType.checked(.float32, x.shape + [categories.count])]
  }

  /// A comparison for each category.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let table = builder.table(.indices(categories), "categories")
    builder.loops(x.shape) { index in
      let value = builder.define("x", x[index].converted(to: .int64))
      builder.loop("k", categories.count) { place in
        let isHere = value.compared(.eq, table[[place]])
        builder.store(
          .select(isHere, .constant(1, .float32), .constant(0, .float32)), to: y,
          at: index + [place])
      }
    }
  }
  package var storesOnce: Bool { true }
}
