/// A tensor of a given shape with all elements equal.
package struct ConstantOfShape: Operator {
  package static let schema = OperatorSchema(
    "ConstantOfShape", since: 9, operands: ["input"], results: ["output"],
    attributes: ["value": nil])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// The element, as a tensor of one.
  package var value: Constant { settings.tensor("value") ?? .filled(0, .float32, [1]) }

  /// The given shape.
  ///
  /// - Throws: `constant-value`, `extent`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let shape = try context.integers(0, "the shape")
    guard value.type.count == 1 else {
      throw DiagnosticMessage("constant-value", "value is \(value.type); it must have one element")
    }
    return [try TensorType.checked(value.type.element, shape)]
  }

  /// The declared shape.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let (count, result) = context.shown(0), count == result.rank else { return [:] }
    return [0: ImpliedOperand(exactly: result.shape)]
  }

  /// A constant in uniform storage.
  package func fold(_ context: InferenceContext) -> [Constant]? {
    (try? inferTypes(context)[0]).map { [Constant($0, .uniform(value.dense))] }
  }

  /// Stores the element everywhere.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let one = builder.table(value.reshaped([]), "value")
    builder.fill(try builder.result(), with: one[[]])
  }
  package var storesOnce: Bool { true }
}
