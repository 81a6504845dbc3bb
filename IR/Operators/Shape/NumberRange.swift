/// Numbers from a start by equal steps up to a limit.
package struct NumberRange: Operator {
  package static let schema = OperatorSchema(
    "Range", since: 11, operands: ["start", "limit", "delta"], results: ["output"],
    attributes: ["stash_type": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The number of steps.
  ///
  /// - Throws: `range-step`, `extent`, `element-type`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let element = try context.numeric()
    let start = try context.numbers(0, "the start")
    let limit = try context.numbers(1, "the limit")
    let delta = try context.numbers(2, "the step")
    guard let start = start.first, let limit = limit.first, let delta = delta.first, delta != 0
    else {
      throw DiagnosticMessage("range-step", "start, limit and step must be scalars, the step not 0")
    }
    let count = ((limit - start) / delta).rounded(.up)
    guard count.isFinite, count <= 0x1p40 else {
      throw DiagnosticMessage("extent", "a range of \(count) numbers is too large")
    }
    return [TensorType(element, [max(0, Int(max(count, -1)))])]
  }

  /// `start + i * step`.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (start, step) = (try builder.operand(0), try builder.operand(2))
    let y = try builder.result()
    builder.loops(y.shape) { index in
      let first = start[start.shape.map { _ in .integer(0) }]
      let part = index[0].converted(to: y.element) * step[step.shape.map { _ in .integer(0) }]
      builder.store(first + part, to: y, at: index)
    }
  }
  package var storesOnce: Bool { true }
}
