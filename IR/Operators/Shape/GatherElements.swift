/// For each element of the result, the element of a tensor whose index along an axis is given.
package struct GatherElements: Operator {
  package static let schema = OperatorSchema(
    "GatherElements", since: 11, operands: ["data", "indices"], results: ["output"],
    attributes: ["axis": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The indices' shape.
  ///
  /// - Throws: `gather-shape`, `axis-range`, `index-type`, `index-range`, `element-type`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (data, indices) = (try context.computable(0), try context.indices(1))
    let axis = try existingAxis(settings.int("axis"), data)
    try context.checkIndices(1, extent: data.shape[axis])
    let fits = zip(indices.shape, data.shape).enumerated().allSatisfy { $0 == axis || $1.0 <= $1.1 }
    guard indices.rank == data.rank, fits else {
      throw DiagnosticMessage(
        "gather-shape",
        "the indices must have the rank of the data and, but for axis \(axis), fit in",
        notes: ["data is \(data)", "indices is \(indices)"])
    }
    return [TensorType(data.element, indices.shape)]
  }

  /// One element after the other.
  ///
  /// - Throws: `missing-operand`, `axis-range`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, indices) = (try builder.operand(0), try builder.operand(1))
    let y = try builder.result()
    let axis = try existingAxis(settings.int("axis"), TensorType(x.element, x.shape))
    builder.loops(y.shape) { index in
      var source = index
      source[axis] = builder.place(indices[index], operand: 1, extent: x.shape[axis])
      builder.store(x[source], to: y, at: index)
    }
  }
  package var storesOnce: Bool { true }
}
