import CoppiceIR

/// A copy of a convolution's operand with its padding around it, so that neighbouring results read
/// neighbouring elements for every tap; of floats, whose padding is zeros.
///
/// With steps of `s` columns, each row is cut into `s` rows of every `s`-th column.
struct PaddedOperand {
  /// The convolution over the copy: no padding, steps of one column.
  let geometry: ConvolutionGeometry
  private let source: ConvolutionGeometry
  private let copy: TensorView
  /// Columns of the rows that a row is cut into.
  private let width: Int

  private var step: Int { source.window.strides[1] }

  /// Bytes of the copy.
  var bytes: Int { copy.buffer.element.byteCount(copy.count) }

  /// Bytes that are read and written for it.
  var copiedBytes: Int { bytes + copy.buffer.element.byteCount(source.x.count) }

  /// Elements that are written for it: all once as zeros, and the operand's for each image.
  var written: Double { Double(copy.count + source.x.count) }

  /// Rows that are copied, each in loops of its own.
  var rows: Double {
    let rows = min(source.height, copy.shape[1] - source.window.begin[0])
    return Double(source.x.shape[0] * copy.shape[0] * rows * step)
  }

  /// Plans the copy.
  init(_ g: ConvolutionGeometry) {
    let shape = Self.shape(g)
    let count = shape.reduce(1, *)
    self.init(g, TensorView(Buffer(id: -1, element: g.x.element, count: count), shape))
  }

  /// Reserves memory for the copy.
  init(_ g: ConvolutionGeometry, _ builder: LoopBuilder) {
    self.init(g, builder.scratch(g.x.element, Self.shape(g), "padded"))
  }

  private init(_ g: ConvolutionGeometry, _ copy: TensorView) {
    source = g
    self.copy = copy
    width = copy.shape[2] / g.window.strides[1]
    let (channels, height, row) = (copy.shape[0], copy.shape[1], copy.shape[2])
    var geometry = g
    geometry.x = TensorView(
      copy.buffer, [g.x.shape[0], channels, height, row], strides: [0, height * row, row, 1])
    (geometry.height, geometry.strideH) = (height, row)
    (geometry.width, geometry.strideW) = (g.outWidth - 1 + g.window.reach(1), 1)
    geometry.window.begin = [0, 0]
    geometry.window.end = [0, 0]
    geometry.window.strides[1] = 1
    self.geometry = geometry
  }

  private static func shape(_ g: ConvolutionGeometry) -> [Int] {
    let width = g.outWidth + (g.window.reach(1) - 1) / g.window.strides[1]
    let height = (g.outHeight - 1) * g.window.strides[0] + g.window.reach(0)
    return [g.x.shape[1], height, width * g.window.strides[1]]
  }

  /// Where a tap's first element lies in a row.
  func tap(_ kx: Expr) -> Expr {
    let place = kx * source.window.dilations[1]
    if step == 1 { return place }
    let part = combine(.rem, place, .integer(step))
    return part * width + place / .integer(step)
  }

  /// Zeros the copy.
  func clear(_ builder: LoopBuilder) {
    builder.loop("i", copy.count) { index in
      builder.emit(.store(copy.buffer, index, .constant(0, copy.buffer.element)))
    }
  }

  /// Copies what lies inside the padding.
  func fill(_ n: Expr, _ builder: LoopBuilder) {
    let (top, left) = (source.window.begin[0], source.window.begin[1])
    let rows = min(source.height, copy.shape[1] - top)
    builder.loop("c", copy.shape[0]) { channel in
      builder.loop("iy", rows) { iy in
        let from = source.x.at([n, channel, .integer(0), .integer(0)]) + iy * source.strideH
        let to = copy.at([channel, iy + top, .integer(0)])
        for part in 0..<step {
          let first = max(0, (left - part + step - 1) / step)
          let count = min(width, (source.width + left - part + step - 1) / step)
          builder.loop("j", from: .integer(first), to: .integer(count)) { column in
            let place = (column * step + (part - left)) * source.strideW
            let value = Expr.load(source.x.buffer, from + place, lanes: 1)
            builder.emit(.store(copy.buffer, to + column + part * width, value))
          }
        }
      }
    }
  }
}
