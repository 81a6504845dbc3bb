/// A tensor with slices replaced that tuples of indices choose.
package struct ScatterND: Operator {
  package static let schema = OperatorSchema(
    "ScatterND", since: 11, operands: ["data", "indices", "updates"], results: ["output"],
    attributes: ["reduction": .string("none")],
    allowed: ["reduction": .texts(["none", "add", "mul", "max", "min"])])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The data's type.
  ///
  /// - Throws: `scatter-shape`, `scatter-reduction`, `index-type`, `index-range`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (data, indices) = (
      try context.scattered(settings.string("reduction")), try context.indices(1)
    )
    let updates = try context.type(2)
    guard let depth = indices.shape.last, depth <= data.rank,
      updates.shape == Array(indices.shape.dropLast() + data.shape[depth...])
    else {
      throw DiagnosticMessage(
        "scatter-shape", "the updates do not fit the data at the indices",
        notes: ["data is \(data)", "indices is \(indices)", "updates is \(updates)"])
    }
    if indices.count > 0, data.shape[..<depth].contains(0) {
      throw DiagnosticMessage("index-range", "there is nothing to index in \(data)")
    }
    return [data]
  }

  /// Copies the data, then stores the updates.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (indices, updates) = (try builder.operand(1), try builder.operand(2))
    let (y, lead) = (try builder.result(), indices.rank - 1)
    builder.copy(try builder.operand(0), to: y)
    builder.loops(Array(indices.shape[..<lead])) { tuple in
      let chosen = (0..<indices.shape[lead]).map { part in
        builder.place(indices[tuple + [.integer(part)]], operand: 1, extent: y.shape[part])
      }
      builder.loops(Array(updates.shape[lead...]), "j") { rest in
        let reduction = settings.string("reduction")
        builder.scatter(updates[tuple + rest], reduction, to: y, at: chosen + rest)
      }
    }
  }
  /// The data, whose elements are copied before updates are stored.
  package var inPlaceOperands: [Int] { [0] }
}
