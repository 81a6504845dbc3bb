/// For each index, a row with one value at that place and another everywhere else.
package struct OneHot: Operator {
  package static let schema = OperatorSchema(
    "OneHot", since: 9, operands: ["indices", "depth", "values"], results: ["output"],
    attributes: ["axis": .int(-1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// A further axis as long as the depth.
  ///
  /// - Throws: `axis-range`, `one-hot`, `element-type`, `extent`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (indices, values) = (try context.computable(0), try context.computable(2))
    let axis = settings.int("axis")
    guard axis >= -indices.rank - 1, axis <= indices.rank else {
      throw DiagnosticMessage("axis-range", "axis \(axis) lies outside of the result of \(indices)")
    }
    let place = axis < 0 ? axis + indices.rank + 1 : axis
    let depth = try context.numbers(1, "the depth")
    guard depth.count == 1, abs(depth[0]) < 0x1p40, values.count == 2 else {
      throw DiagnosticMessage("one-hot", "the depth must be one number, and the values two")
    }
    var shape = indices.shape
    shape.insert(Int(depth[0]), at: place)
    return [try TensorType.checked(values.element, shape)]
  }

  /// The depth, from the declared shape.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let (count, result) = context.shown(1), count == 1, let indices = context.operands[0],
      result.rank == indices.rank + 1
    else { return [:] }
    let axis = settings.int("axis")
    let place = axis < 0 ? axis + result.rank : axis
    guard result.shape.indices.contains(place) else { return [:] }
    return [1: ImpliedOperand(exactly: [result.shape[place]])]
  }

  /// A choice for each element.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (indices, values) = (try builder.operand(0), try builder.operand(2))
    let (y, given) = (try builder.result(), settings.int("axis"))
    let axis = given < 0 ? given + y.rank : given
    let (off, on) = (values[[.integer(0)]], values[[.integer(1)]])
    builder.loops(y.shape) { index in
      var place = index
      place.remove(at: axis)
      let raw = builder.define("raw", indices[place].converted(to: .int64))
      let depth = Expr.whole(Int64(y.shape[axis]), .int64)
      let hot = Expr.select(raw.compared(.lt, .whole(0, .int64)), raw + depth, raw)
      let here = hot.compared(.eq, index[axis].converted(to: .int64))
      builder.store(.select(here, on, off), to: y, at: index)
    }
  }
  package var storesOnce: Bool { true }
}
