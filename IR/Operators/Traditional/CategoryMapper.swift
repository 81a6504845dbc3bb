/// Texts mapped to whole numbers, or the other way round (ai.onnx.ml).
///
/// Texts are numbers when they get here; LabelEncoder stands for the operator.
public struct CategoryMapper: Expansion {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "CategoryMapper", domain: "ai.onnx.ml", through: 5, operands: ["X"],
    attributes: [
      "cats_int64s": .ints([]), "cats_strings": .strings([]), "default_int64": .int(-1),
      "default_string": .string("_Unused"), "keys_int64s": .ints([]), "values_int64s": .ints([]),
    ],
    allowed: ["default_int64": .integer, "default_string": .text],
    adapted: ["keys_int64s", "values_int64s"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: The categories and the default.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Whole numbers of the operand's shape.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// A LabelEncoder of the same pairs.
  public func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    var pairs = Attributes()
    for name in ["keys_int64s", "values_int64s", "default_int64"] { pairs[name] = attributes[name] }
    let operand = try builder.required(0)
    builder.setResult(0, try builder.node(LabelEncoder(attributes: pairs), operand))
    return true
  }

  /// Never lowered by itself.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
