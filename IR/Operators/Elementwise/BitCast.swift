/// The bits of each element as another type of the same width.
///
/// Whole numbers wrap around, so their bits stay; a float's bits are known only where the float is.
package struct BitCast: Operator {
  package static let schema = OperatorSchema(
    "BitCast", since: 26, operands: ["input"], results: ["output"], attributes: ["to": nil])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// The operand's shape in the other type.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.type(0)
    guard let element = ElementType(onnx: settings.int("to")), element.bits == x.element.bits,
      element != .string
    else {
      throw DiagnosticMessage(
        "bit-cast", "\(x) has no elements as wide as those of type \(settings.int("to"))")
    }
    let isKnown = context.known.first.flatMap { $0 } != nil
    guard isKnown || x.element == element || keepsBits(x.element, element) else {
      throw DiagnosticMessage(
        "bit-cast",
        "the bits of \(x) as \(element.rawValue) are compiled only where the operand is known")
    }
    return [TensorType(element, x.shape)]
  }

  private func keepsBits(_ from: ElementType, _ to: ElementType) -> Bool {
    to.isInteger && (from.isInteger || from == .bool) && from.bits >= 8
  }

  /// The same bytes under the other type.
  package func fold(_ context: InferenceContext) -> [Constant]? {
    guard let constant = context.known.first.flatMap({ $0 }),
      let types = try? inferTypes(context)
    else { return nil }
    return [Constant(types[0], .dense(constant.dense))]
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    builder.map(x, to: y) { $0.converted(to: y.element) }
  }
}
