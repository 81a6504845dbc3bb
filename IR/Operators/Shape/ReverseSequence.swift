/// The first elements along the time axis in reverse, as many as each batch says.
package struct ReverseSequence: Operator {
  package static let schema = OperatorSchema(
    "ReverseSequence", since: 10, operands: ["input", "sequence_lens"],
    attributes: ["batch_axis": .int(1), "time_axis": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The operand's type.
  ///
  /// - Throws: `reverse-sequence`, `axis-range`, `index-type`, `element-type`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (data, lengths) = (try context.computable(0), try context.indices(1))
    let time = try existingAxis(settings.int("time_axis"), data)
    let batch = try existingAxis(settings.int("batch_axis"), data)
    guard time != batch, lengths.shape == [data.shape[batch]] else {
      throw DiagnosticMessage(
        "reverse-sequence", "there must be a length for each batch, and two different axes",
        notes: ["input is \(data)", "sequence_lens is \(lengths)"])
    }
    return [TensorType(data.element, data.shape)]
  }

  /// One element after the other.
  ///
  /// - Throws: `missing-operand`, `axis-range`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, lengths, y) = (try builder.operand(0), try builder.operand(1), try builder.result())
    let type = TensorType(x.element, x.shape)
    let time = try existingAxis(settings.int("time_axis"), type)
    let batch = try existingAxis(settings.int("batch_axis"), type)
    builder.loops(y.shape) { index in
      let raw = lengths[[index[batch]]]
      let inside = raw.maximum(raw.like(0)).minimum(raw.like(Double(x.shape[time])))
      let length = builder.define("length", inside.converted(to: .index))
      let turned = length - index[time] - 1
      var source = index
      source[time] = .select(index[time].compared(.lt, length), turned, index[time])
      builder.store(x[source], to: y, at: index)
    }
  }
  package var storesOnce: Bool { true }
}
