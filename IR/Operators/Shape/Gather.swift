/// Slices of a tensor along an axis, chosen by indices.
public struct Gather: Operator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Gather", operands: ["data", "indices"], results: ["output"], attributes: ["axis": .int(0)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `axis`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The indices' shape in place of the axis.
  ///
  /// - Parameter context: The operands.
  /// - Returns: One type.
  /// - Throws: `axis-range`, `index-type`, `index-range`, `element-type`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (data, indices) = (try context.computable(0), try context.indices(1))
    let axis = try existingAxis(attributes.int("axis"), data)
    try context.checkIndices(1, extent: data.shape[axis])
    let shape = data.shape[..<axis] + indices.shape + data.shape[(axis + 1)...]
    return [try TensorType.checked(data.element, Array(shape))]
  }

  /// A part of the operand's memory, for one known index.
  ///
  /// - Parameters:
  ///   - operand: Where operand 0 lies.
  ///   - context: The operands.
  /// - Returns: The view, or `nil` when elements have to move.
  public func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    guard context.known.count > 1, let index = context.known[1]?.integers?.first,
      context.operands[1]?.rank == 0, let type = try? inferTypes(context)[0],
      let axis = try? existingAxis(attributes.int("axis"), TensorType(.bool, operand.shape))
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
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`, `axis-range`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, indices) = (try builder.operand(0), try builder.operand(1))
    let y = try builder.result()
    let axis = try existingAxis(attributes.int("axis"), TensorType(x.element, x.shape))
    builder.loops(y.shape) { index in
      let chosen = indices[Array(index[axis..<(axis + indices.rank)])]
      let place = builder.place(chosen, operand: 1, extent: x.shape[axis])
      let source = index[..<axis] + [place] + index[(axis + indices.rank)...]
      builder.store(x[Array(source)], to: y, at: index)
    }
  }
  /// Always.
  public var storesOnce: Bool { true }
}
