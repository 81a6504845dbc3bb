/// Texts mapped to whole numbers, or the other way round (ai.onnx.ml).
///
/// Texts are numbers when they get here; LabelEncoder stands for the operator.
package struct CategoryMapper: Expansion {
  package static let schema = OperatorSchema(
    "CategoryMapper", domain: "ai.onnx.ml", through: 5, operands: ["X"],
    attributes: [
      "cats_int64s": .ints([]), "cats_strings": .strings([]), "default_int64": .int(-1),
      "default_string": .string("_Unused"), "keys_int64s": .ints([]), "values_int64s": .ints([]),
    ],
    allowed: ["default_int64": .integer, "default_string": .text],
    adapted: ["keys_int64s", "values_int64s"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Whole numbers of the operand's shape.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// A LabelEncoder of the same pairs.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    var pairs = Attributes()
    for name in ["keys_int64s", "values_int64s", "default_int64"] { pairs[name] = attributes[name] }
    let operand = try builder.required(0)
    builder.setResult(0, try builder.node(LabelEncoder(attributes: pairs), operand))
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
