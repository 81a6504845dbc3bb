/// Tensors one after the other along an axis.
package struct Concat: Operator {
  package static let schema = OperatorSchema(
    "Concat", operands: ["inputs*"], results: ["concat_result"], attributes: ["axis": nil])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Writes down the axis that opsets 1 to 3 take by default.
  package static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    guard node.opset < 4, node.attributes["axis"] == nil else { return }
    node.attributes["axis"] = .int(1)
  }

  /// The sum of the extents along the axis.
  ///
  /// - Throws: `axis-range`, `concat-shape`, `element-type`, `extent`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let first = try context.computable(0)
    let axis = try existingAxis(settings.int("axis"), first)
    var shape = first.shape
    shape[axis] = 0
    for index in context.operands.indices {
      let part = try context.computable(index)
      let others = part.shape.indices.allSatisfy {
        $0 == axis || $0 < first.rank && part.shape[$0] == first.shape[$0]
      }
      guard part.element == first.element, part.rank == first.rank, others else {
        throw DiagnosticMessage(
          "concat-shape", "operands may only differ along axis \(axis)",
          notes: ["operand 0 is \(first)", "operand \(index) is \(part)"])
      }
      shape[axis] = shape[axis].addingReportingOverflow(part.shape[axis]).partialValue
    }
    return [try TensorType.checked(first.element, shape)]
  }

  /// Copies each operand to its place.
  ///
  /// - Throws: `missing-operand`, `axis-range`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let y = try builder.result()
    let axis = try existingAxis(settings.int("axis"), TensorType(y.element, y.shape))
    var origin = [Int](repeating: 0, count: y.rank)
    for index in builder.operands.indices {
      let part = try builder.operand(index)
      builder.copy(part, to: y, from: origin)
      origin[axis] += part.shape[axis]
    }
  }
  package var storesOnce: Bool { true }
}
