/// How a scale or zero point spreads over a tensor: one for all, one for each index of an axis, or
/// one for each block along an axis.
package struct QuantizedAxis {
  /// The shape of the parameter aligned with the tensor, blocks counted.
  private let aligned: [Int]
  /// Elements along the axis that share a parameter.
  private let block: Int
  private let axis: Int

  /// Resolves the form from the shapes.
  package init(
    _ parameter: [Int], of shape: [Int], _ settings: Settings
  ) throws(DiagnosticMessage) {
    if product(parameter).value == 1 {
      (aligned, block, axis) = (shape.map { _ in 1 }, 1, 0)
      return
    }
    axis = try normalizedAxis(settings.int("axis"), rank: shape.count)
    let size = settings.int("block_size")
    if parameter.count == 1, shape.count > axis, parameter[0] == shape[axis] {
      var extents = shape.map { _ in 1 }
      extents[axis] = parameter[0]
      (aligned, block) = (extents, 1)
      return
    }
    var blocks = shape
    if size > 0, axis < shape.count { blocks[axis] = (shape[axis] - 1) / size + 1 }
    guard size > 0, parameter == blocks else {
      throw DiagnosticMessage(
        "quantization-shape",
        "a scale or zero point of shape \(parameter) fits neither axis \(axis) of \(shape) nor "
          + "blocks of \(size)")
    }
    (aligned, block) = (parameter, size)
  }

  /// The parameter of an element.
  package func value(_ view: TensorView, at index: [Expr]) -> Expr {
    guard view.count != 1, aligned.contains(where: { $0 != 1 }) else {
      return view[view.shape.map { _ in .integer(0) }]
    }
    var place = index
    if view.rank == 1 { return view[[index[axis] / .integer(block)]] }
    place[axis] = index[axis] / .integer(block)
    return view[place]
  }
}

extension Expr {
  /// The nearest integer, ties to even, moved by a zero point and clamped to a type.
  package func quantized(_ zeroPoint: Expr?, to target: ElementType) -> Expr {
    let rounded = applying(.rint)
    let moved = zeroPoint.map { rounded + $0.converted(to: element) } ?? rounded
    if target.isNative { return moved.converted(to: target) }
    let range = target.wholeRange
    let bounded = moved.clamped(like(Double(range.lowerBound)), like(Double(range.upperBound)))
    return bounded.converted(to: target.arithmetic)
  }
}
