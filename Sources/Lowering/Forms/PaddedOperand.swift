import CoppiceIR

/// A copy of a convolution's operand with its padding around it, so that neighbouring results read
/// neighbouring elements for every tap.
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

  /// Reserves memory for the copy.
  init(_ g: ConvolutionGeometry, _ builder: LoopBuilder) {
    source = g
    width = g.outWidth + (g.window.reach(1) - 1) / g.window.strides[1]
    let height = (g.outHeight - 1) * g.window.strides[0] + g.window.reach(0)
    let channels = g.x.shape[1]
    let row = width * g.window.strides[1]
    copy = builder.scratch(.float32, [channels, height, row], "padded")
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
      builder.emit(.store(copy.buffer, index, .constant(0, .float32)))
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
