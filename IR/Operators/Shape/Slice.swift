/// Every so-many-th element between two ends along some axes.
package struct Slice: Operator {
  package static let schema = OperatorSchema(
    "Slice", operands: ["data", "starts", "ends", "axes?", "steps?"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Makes operands of the attributes of opsets 1 to 9.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.moveAttribute("starts", toOperand: 1)
    node.moveAttribute("ends", toOperand: 2)
    node.moveAttribute("axes", toOperand: 3)
  }

  /// What is taken along one axis.
  package struct Range: Hashable, Sendable {
    /// The first index.
    package var start: Int
    /// From one index to the next; may be negative.
    package var step: Int
    /// How many.
    package var count: Int
  }

  /// What is taken along every axis.
  ///
  /// - Parameter context: Starts, ends, axes and steps must be known.
  /// - Returns: One range for each axis.
  /// - Throws: `slice-bounds`, `axis-range`, `axis-twice`, `unknown-value`.
  package func ranges(_ context: InferenceContext) throws(DiagnosticMessage) -> [Range] {
    let data = try context.type(0)
    let starts = try context.integers(1, "the starts")
    let ends = try context.integers(2, "the ends")
    let given = context.has(3) ? try context.integers(3, "the axes") : Array(starts.indices)
    let axes = try distinctAxes(given, rank: data.rank)
    let steps = context.has(4) ? try context.integers(4, "the steps") : starts.map { _ in 1 }
    guard starts.count == axes.count, ends.count == axes.count, steps.count == axes.count,
      !steps.contains(0)
    else {
      throw DiagnosticMessage(
        "slice-bounds",
        "starts \(starts), ends \(ends), axes \(axes) and steps \(steps) must be of one length, and "
          + "steps not 0")
    }
    var ranges = data.shape.map { Range(start: 0, step: 1, count: $0) }
    for (index, axis) in axes.enumerated() {
      ranges[axis] = Self.range(starts[index], ends[index], steps[index], extent: data.shape[axis])
    }
    return ranges
  }

  private static func range(_ start: Int, _ end: Int, _ step: Int, extent: Int) -> Range {
    let step = max(-extent - 1, min(step, extent + 1))
    let low = step > 0 ? 0 : -1
    let high = step > 0 ? extent : extent - 1
    let first = max(low, min(start < 0 ? start + extent : start, high))
    let last = max(low, min(end < 0 ? end + extent : end, high))
    let room = step > 0 ? last - first : first - last
    let count = room > 0 ? (room - 1) / abs(step) + 1 : 0
    return Range(start: count > 0 ? first : 0, step: step, count: count)
  }

  /// The counts of the ranges.
  ///
  /// - Throws: `slice-bounds`, `axis-range`, `axis-twice`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    let ranges = try ranges(context)
    return [TensorType(data.element, ranges.map(\.count))]
  }

  /// The operand's memory with scaled strides.
  package func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    guard let ranges = try? ranges(context), ranges.count == operand.rank else { return nil }
    let part = operand.part(ranges.map(\.start), ranges.map(\.count))
    let strides = zip(part.strides, ranges).map { $0 * $1.step }
    return [TensorView(part.buffer, part.shape, strides: strides, offset: part.offset)]
  }

  /// Copies from the view.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let seen = view(of: try builder.operand(0), builder.context)
    guard let source = seen?.first else { return }
    builder.copy(source, to: try builder.result())
  }
  package var storesOnce: Bool { true }
}
