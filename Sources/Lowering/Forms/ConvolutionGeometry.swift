import CoppiceIR

/// A two-dimensional convolution in numbers, its views, and the ranges without padding.
struct ConvolutionGeometry {
  var x: TensorView
  let y: TensorView
  let weight: Constant
  /// The operand that the weights are.
  let operand: Int
  let arithmetic: Arithmetic
  let group: Int
  var height: Int
  var width: Int
  let outHeight: Int
  let outWidth: Int
  var window: SpatialWindow
  /// Strides of the activations along rows and columns; rows and columns may be one axis.
  var strideH: Int
  var strideW: Int
  /// What the operand is taken apart into for steps of one; height, width, window and the operand's
  /// channels are those of its planes then, its strides and those along rows and columns its own.
  var phases: ConvolutionPhases?

  /// Takes a convolution of rank 4 with constant weights apart.
  ///
  /// - Returns: `nil` for any other node.
  init?(_ site: Site) {
    guard let reading = site.reading, reading.kind == .convolution,
      let op = site.op as? any SlidingOperator, let weight = site.constants[reading.operand],
      let x = site.operands[reading.input],
      let y = site.results[0], x.rank == 4, let arithmetic = Arithmetic(site, reading),
      var window = try? op.window(x.shape, weight.type.shape)
    else { return nil }
    self.x = x
    self.y = y
    self.weight = weight
    self.arithmetic = arithmetic
    operand = reading.operand
    group = reading.groups
    let isPointwise =
      window.kernel == [1, 1] && window.strides == [1, 1] && window.begin == [0, 0]
      && window.end == [0, 0]
    let flattens = ([x, y] + site.tailViews).allSatisfy {
      $0.strides[2] == $0.shape[3] * $0.strides[3] || $0.shape[2] == 1
    }
    if isPointwise && flattens && x.shape[2] > 1 {
      (height, width) = (1, x.shape[2] * x.shape[3])
      (outHeight, outWidth) = (1, y.shape[2] * y.shape[3])
      window.output = [1, outWidth]
    } else {
      (height, width) = (x.shape[2], x.shape[3])
      (outHeight, outWidth) = (y.shape[2], y.shape[3])
    }
    self.window = window
    strideH = x.strides[2]
    strideW = x.strides[3]
  }

  /// Output columns whose windows lie inside the operand.
  var inner: Range<Int> { range(axis: 1, input: width, output: outWidth) }

  /// Output rows whose windows lie inside the operand.
  var innerRows: Range<Int> { range(axis: 0, input: height, output: outHeight) }

  private func range(axis: Int, input: Int, output: Int) -> Range<Int> {
    let (stride, begin) = (window.strides[axis], window.begin[axis])
    let first = min(output, (begin + stride - 1) / stride)
    let room = input + begin - window.reach(axis)
    let last = room < 0 ? 0 : min(output, room / stride + 1)
    return first..<max(first, last)
  }

  /// The taps of a window that lie inside the operand.
  ///
  /// - Parameters:
  ///   - axis: 0 for rows, 1 for columns.
  ///   - output: The output row or column.
  ///   - builder: Takes the definitions.
  /// - Returns: First tap and the one after the last.
  func taps(_ axis: Int, _ output: Expr, _ builder: LoopBuilder) -> (from: Expr, to: Expr) {
    let extent = axis == 0 ? height : width
    let (stride, begin) = (window.strides[axis], window.begin[axis])
    let (kernel, dilation) = (window.kernel[axis], window.dilations[axis])
    if !needsBounds(axis) { return (.integer(0), .integer(kernel)) }
    let start = output * stride - begin
    let missing = (Expr.integer(0) - start).maximum(.integer(0))
    let from = (missing + (dilation - 1)) / .integer(dilation)
    let room = (Expr.integer(extent - 1 + dilation) - start).maximum(.integer(0))
    let to = (room / .integer(dilation)).minimum(.integer(kernel))
    return (builder.define("k0", from), builder.define("k1", to))
  }

  /// How many rows or columns of the window lie inside the operand, summed over some results.
  ///
  /// - Parameters:
  ///   - axis: 0 for rows, 1 for columns.
  ///   - outputs: The output rows or columns.
  /// - Returns: The sum.
  func met(_ axis: Int, _ outputs: Range<Int>) -> Int {
    let (stride, begin) = (window.strides[axis], window.begin[axis])
    let extent = axis == 0 ? height : width
    return (0..<window.kernel[axis]).reduce(0) { sum, tap in
      let shift = begin - tap * window.dilations[axis]
      let first = max(outputs.lowerBound, (max(shift, 0) + stride - 1) / stride)
      let last = extent - 1 + shift
      return sum + max(0, min(outputs.upperBound, last < 0 ? 0 : last / stride + 1) - first)
    }
  }

  /// All output rows.
  var outRows: Range<Int> { 0..<outHeight }

  /// Bytes of the weights when dense.
  var denseBytes: Int { weight.type.byteCount }

  private func needsBounds(_ axis: Int) -> Bool {
    axis == 0 ? innerRows != 0..<outHeight : inner != 0..<outWidth
  }
}
