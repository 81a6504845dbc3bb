/// Parts of a tensor along an axis.
package struct Split: Operator {
  package static let schema = OperatorSchema(
    "Split", operands: ["input", "split?"], results: ["outputs*"],
    attributes: ["axis": .int(0), "num_outputs": nil])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Moves the `split` attribute of opsets 1 to 12 to an operand.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.moveAttribute("split", toOperand: 1)
  }

  /// The extent of each part along the axis.
  ///
  /// - Parameter context: The operands.
  /// - Returns: One extent for each result.
  /// - Throws: `split-sizes`, `axis-range`, `unknown-value`.
  package func sizes(_ context: InferenceContext) throws(DiagnosticMessage) -> [Int] {
    let data = try context.type(0)
    let extent = data.shape[try existingAxis(settings.int("axis"), data)]
    if context.has(1) {
      let sizes = try context.integers(1, "the sizes")
      var rest = extent
      for size in sizes where size >= 0 {
        rest = rest.subtractingReportingOverflow(size).partialValue
      }
      guard rest == 0, sizes.allSatisfy({ 0...extent ~= $0 }), sizes.count == context.resultCount
      else {
        throw DiagnosticMessage(
          "split-sizes",
          "sizes \(sizes) do not make \(context.resultCount) parts of an extent of \(extent)")
      }
      return sizes
    }
    let count = settings.int(given: "num_outputs") ?? context.resultCount
    guard count > 0, count == context.resultCount else {
      throw DiagnosticMessage(
        "split-sizes", "num_outputs is \(count), but there are \(context.resultCount) results")
    }
    let size = extent / count + (extent % count == 0 ? 0 : 1)
    return (0..<count).map { max(0, min(size, extent - $0 * size)) }
  }

  /// The extents of the declared results along the axis.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let count = context.shown(1)?.count, let data = context.operands[0],
      let axis = try? existingAxis(settings.int("axis"), data)
    else { return [:] }
    let sizes = context.results.compactMap { $0?.rank == data.rank ? $0?.shape[axis] : nil }
    guard sizes.count == context.resultCount, sizes.count == count else { return [:] }
    return [1: ImpliedOperand(exactly: sizes)]
  }

  /// The operand with other extents along the axis.
  ///
  /// - Throws: `split-sizes`, `axis-range`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    let axis = try existingAxis(settings.int("axis"), data)
    let sizes = try sizes(context)
    return sizes.map { size in
      var shape = data.shape
      shape[axis] = size
      return TensorType(data.element, shape)
    }
  }

  /// Parts of the operand's memory.
  package func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    guard let types = try? inferTypes(context),
      let axis = try? existingAxis(settings.int("axis"), TensorType(.bool, operand.shape))
    else { return nil }
    var origin = [Int](repeating: 0, count: operand.rank)
    return types.map { type in
      defer { origin[axis] += type.shape[axis] }
      return operand.part(origin, type.shape)
    }
  }

  /// Copies each part that somebody reads.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    let parts = view(of: x, builder.context) ?? []
    for (part, result) in zip(parts, builder.results) {
      if let result { builder.copy(part, to: result) }
    }
  }
}
