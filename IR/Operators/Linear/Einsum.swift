/// Products of elements that share labels, summed over the labels that the result leaves out.
package struct Einsum: Operator {
  package static let schema = OperatorSchema(
    "Einsum", since: 12, operands: ["Inputs*"], results: ["Output"],
    attributes: ["equation": nil])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// Parses the equation against the operands' shapes.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let element = try context.numeric()
    let shapes = context.operands.map { $0?.shape ?? [] }
    let equation = try EinsumEquation(settings.string("equation"), shapes)
    return [TensorType(element, equation.output.map { equation.extents[$0] ?? 1 })]
  }

  /// Output-stationary loops; the summed labels innermost.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let y = try builder.result()
    let x = builder.operands.compactMap { $0 }
    let equation = try EinsumEquation(settings.string("equation"), x.map(\.shape))
    let summed = equation.summed
    builder.loops(y.shape) { index in
      let sum = builder.declare("sum", .constant(0, y.element))
      builder.loops(summed.map { equation.extents[$0] ?? 1 }, "k") { part in
        let labels = equation.output + summed
        let places = Dictionary(zip(labels, index + part)) { first, _ in first }
        let factors = zip(x, equation.operands).map { view, own in
          view[
            zip(own, view.shape).map { label, extent in
              extent == 1 ? .integer(0) : places[label] ?? .integer(0)
            }]
        }
        guard let first = factors.first else { return }
        builder.accumulate(sum, factors.dropFirst().reduce(first) { $0 * $1 })
      }
      builder.store(.variable(sum), to: y, at: index)
    }
  }
}
