/// Slices of a tensor, each chosen by a tuple of indices.
package struct GatherND: Operator {
  package static let schema = OperatorSchema(
    "GatherND", since: 11, operands: ["data", "indices"], results: ["output"],
    attributes: ["batch_dims": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The tuples' arrangement, then the axes that they leave.
  ///
  /// - Throws: `gather-shape`, `index-type`, `index-range`, `element-type`, `extent`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (data, indices) = (try context.computable(0), try context.indices(1))
    let batch = settings.int("batch_dims")
    guard batch >= 0, indices.rank > batch, let depth = indices.shape.last, depth > 0,
      depth <= data.rank - batch,
      data.shape[..<batch] == indices.shape[..<batch]
    else {
      throw DiagnosticMessage(
        "gather-shape", "the indices do not fit the data with \(batch) batch axes",
        notes: ["data is \(data)", "indices is \(indices)"])
    }
    if indices.count > 0, data.shape[batch..<(batch + depth)].contains(0) {
      throw DiagnosticMessage("index-range", "there is nothing to index in \(data)")
    }
    let shape = indices.shape.dropLast() + data.shape[(batch + depth)...]
    return [try TensorType.checked(data.element, Array(shape))]
  }

  /// One element after the other.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, indices) = (try builder.operand(0), try builder.operand(1))
    let (y, batch) = (try builder.result(), settings.int("batch_dims"))
    let (lead, depth) = (indices.rank - 1, indices.shape[indices.rank - 1])
    builder.loops(y.shape) { index in
      var source = Array(index[..<batch])
      for part in 0..<depth {
        let chosen = indices[index[..<lead] + [.integer(part)]]
        source.append(builder.place(chosen, operand: 1, extent: x.shape[batch + part]))
      }
      builder.store(x[source + index[lead...]], to: y, at: index)
    }
  }
  package var storesOnce: Bool { true }
}
