/// A tensor cropped or padded with zeros around its middle to a given shape.
package struct CenterCropPad: Operator {
  package static let schema = OperatorSchema(
    "CenterCropPad", since: 18, operands: ["input_data", "shape"], results: ["output_data"],
    attributes: ["axes": nil])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The given extents at the named axes.
  ///
  /// - Throws: `crop-pad`, `axis-range`, `axis-twice`, `extent`, `unknown-value`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.computable(0)
    let axes = try distinctAxes(settings.ints("axes") ?? Array(0..<data.rank), rank: data.rank)
    let shape = try context.integers(1, "the shape")
    guard shape.count == axes.count else {
      throw DiagnosticMessage("crop-pad", "the shape \(shape) does not fit axes \(axes) of \(data)")
    }
    var result = data.shape
    for (axis, extent) in zip(axes, shape) { result[axis] = extent }
    return [try TensorType.checked(data.element, result)]
  }

  /// The declared extents at the named axes.
  package func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let (count, result) = context.shown(1), let data = context.operands[0],
      result.rank == data.rank,
      let axes = try? distinctAxes(
        settings.ints("axes") ?? Array(0..<data.rank), rank: data.rank),
      axes.count == count
    else { return [:] }
    return [1: ImpliedOperand(exactly: axes.map { result.shape[$0] })]
  }

  /// Zeros where there is padding, then a copy of the middle.
  ///
  /// - Throws: `missing-operand`.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let middle = zip(x.shape, y.shape).map { min($0, $1) }
    if middle != y.shape { builder.fill(y, with: .constant(0, y.element)) }
    let source = x.part(zip(x.shape, middle).map { ($0 - $1) / 2 }, middle)
    let target = y.part(zip(y.shape, middle).map { ($0 - $1) / 2 }, middle)
    builder.copy(source, to: target)
  }
}
