/// Columns of blocks added up to images; the inverse of cutting images into overlapping blocks.
package struct Col2Im: Operator {
  package static let schema = OperatorSchema(
    "Col2Im", since: 18, operands: ["input", "image_shape", "block_shape"], results: ["output"],
    attributes: ["dilations": nil, "pads": nil, "strides": nil])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// The images, the blocks, and how many blocks fit along each axis.
  private func extents(
    _ context: InferenceContext
  ) throws(DiagnosticMessage) -> (image: [Int], window: SpatialWindow) {
    let image = try context.integers(1, "the image shape")
    let block = try context.integers(2, "the block shape")
    guard !image.isEmpty, image.allSatisfy({ 1...(1 << 24) ~= $0 }) else {
      throw DiagnosticMessage("window", "image_shape \(image) must hold positive extents")
    }
    return (image, try SpatialWindow(settings, kernel: block, input: image))
  }

  /// Checks that the columns fit the images.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.computable(0)
    let (image, window) = try extents(context)
    let (size, columns) = (product(window.kernel), product(window.output))
    guard x.rank == 3, !size.overflow, !columns.overflow, x.shape[1] % size.value == 0,
      x.shape[2] == columns.value
    else {
      throw DiagnosticMessage(
        "col2im-shape",
        "input is \(x), but blocks of \(window.kernel) in images of \(image) give columns of a "
          + "multiple of \(size.value), \(columns.value) of them")
    }
    return [TensorType(x.element, [x.shape[0], x.shape[1] / size.value] + image)]
  }

  /// For each element of an image the blocks that hold it.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let window = try extents(builder.context).window
    let met = try TransposedWindow(settings, kernel: window.kernel, input: window.output)
    let (size, steps) = (window.kernel.reduce(1, *), rowMajorStrides(window.output))
    let inner = rowMajorStrides(window.kernel)
    builder.loops(y.shape) { index in
      let sum = builder.declare("sum", .constant(0, y.element))
      builder.loops(window.kernel, "k") { tap in
        met.whenMet(Array(index[2...]), tap, window.output, builder) { place in
          let row = zip(tap, inner).reduce(index[1] * size) { $0 + $1.0 * $1.1 }
          let column = zip(place, steps).reduce(Expr.integer(0)) { $0 + $1.0 * $1.1 }
          builder.accumulate(sum, x[[index[0], row, column]])
        }
      }
      builder.store(.variable(sum), to: y, at: index)
    }
  }
}
