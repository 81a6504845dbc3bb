/// Slices of a tensor along an axis, chosen by indices.
package struct Gather: Operator {
  package static let schema = OperatorSchema(
    "Gather", operands: ["data", "indices"], results: ["output"], attributes: ["axis": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The indices' shape in place of the axis.
  ///
  /// - Throws: `axis-range`, `index-type`, `index-range`, `element-type`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (data, indices) = (try context.computable(0), try context.indices(1))
    let axis = try existingAxis(settings.int("axis"), data)
    try context.checkIndices(1, extent: data.shape[axis])
    let shape = data.shape[..<axis] + indices.shape + data.shape[(axis + 1)...]
    return [try TensorType.checked(data.element, Array(shape))]
  }

  /// A part of the operand's memory, for one known index.
  package func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    guard context.known.count > 1, let index = context.known[1]?.integers?.first,
      context.operands[1]?.rank == 0, let type = try? inferTypes(context)[0],
      let axis = try? existingAxis(settings.int("axis"), TensorType(.bool, operand.shape))
    else { return nil }
    var origin = [Int](repeating: 0, count: operand.rank)
    origin[axis] = index < 0 ? index + operand.shape[axis] : index
    var part = operand.part(origin, operand.shape)
    part.shape.remove(at: axis)
    part.strides.remove(at: axis)
    return part.shape == type.shape ? [part] : nil
  }

  /// One element after the other.
  ///
  /// - Throws: `missing-operand`, `axis-range`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, indices) = (try builder.operand(0), try builder.operand(1))
    let y = try builder.result()
    let axis = try existingAxis(settings.int("axis"), TensorType(x.element, x.shape))
    builder.loops(y.shape) { index in
      let chosen = indices[Array(index[axis..<(axis + indices.rank)])]
      let place = builder.place(chosen, operand: 1, extent: x.shape[axis])
      let source = index[..<axis] + [place] + index[(axis + indices.rank)...]
      builder.store(x[Array(source)], to: y, at: index)
    }
  }
  package var storesOnce: Bool { true }
}
