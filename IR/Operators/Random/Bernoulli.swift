/// 1 with the probability that an element says, else 0; see `RandomDraw` for the generator.
package struct Bernoulli: RandomDraw {
  package static let schema = OperatorSchema(
    "Bernoulli", since: 15, operands: ["input"], results: ["output"],
    attributes: ["dtype": nil, "seed": nil], allowed: ["seed": .real])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// The shape of the operand, in its type or that of the attribute.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let element = try context.floating()
    let wanted = attributes["dtype"] == nil ? element : ElementType(onnx: settings.int("dtype"))
    guard let wanted, wanted.isComputable else {
      throw DiagnosticMessage(
        "element-type", "the results cannot be of type \(settings.int("dtype"))")
    }
    return [TensorType(wanted, try context.type(0).shape)]
  }

  /// A number is drawn for each element, and compared.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    try fill(builder) { place, index in
      let drawn = unit(place, 0, builder).converted(to: x.element)
      return .select(
        drawn.compared(.lt, x[index]), .constant(1, .float32), .constant(0, .float32))
    }
  }
}
