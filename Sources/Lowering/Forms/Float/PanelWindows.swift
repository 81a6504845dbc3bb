import CoppiceIR

/// How the windows of a convolution are read as runs of floats that lie side by side.
struct PanelWindows {
  private let g: ConvolutionGeometry
  /// Whether a run goes over columns and channels, else over columns of a channel.
  private let isLast: Bool

  /// Reads windows.
  ///
  /// - Returns: `nil` where they have no runs.
  init?(_ g: ConvolutionGeometry) {
    let (w, depth) = (g.window, g.weight.type.shape[1])
    guard zip(w.kernel, w.dilations).allSatisfy({ $0 == 1 || $1 == 1 }) else { return nil }
    isLast = (depth == 1 || g.x.strides[1] == 1) && (w.kernel[1] == 1 || g.strideW == depth)
    guard isLast || w.kernel[1] == 1 || g.strideW == 1 else { return nil }
    self.g = g
  }

  private var depth: Int { g.weight.type.shape[1] }
  private var area: Int { g.window.kernel[0] * g.window.kernel[1] }

  /// Inputs of a window, and rounded up to what a turn of the program takes.
  var count: Int { depth * area }
  var padded: Int { (count + 3) / 4 * 4 }

  /// Floats of a run for each column.
  private var step: Int { isLast ? depth : 1 }
  private var planes: Int { isLast ? 1 : depth }

  /// Runs in a window.
  var runs: Int { planes * g.window.kernel[0] }

  /// Whether some windows reach into the padding.
  var areClipped: Bool { g.inner != 0..<g.outWidth || g.innerRows != g.outRows }

  /// The weight of an input of the window, as an offset in those of an output channel.
  func weight(_ input: Int) -> Int {
    isLast ? input % depth * area + input / depth : input
  }

  /// Copies a window into its lane of the panel; what lies in the padding is passed over.
  func gather(
    _ n: Expr, _ position: (row: Expr, column: Expr), _ panel: Buffer, _ lane: Expr,
    _ builder: LoopBuilder
  ) {
    let w = g.window
    let rows = g.taps(0, position.row, builder)
    let columns = g.taps(1, position.column, builder)
    let row = position.row * w.strides[0] - w.begin[0] + rows.from
    let column = position.column * w.strides[1] - w.begin[1] + columns.from
    let image = g.x.at([n, .integer(0), .integer(0), .integer(0)])
    let source = builder.define("x0", image + row * g.strideH + column * g.strideW)
    let line = w.kernel[1] * step
    let target = builder.define("p0", lane + (rows.from * line + columns.from * step) * 4)
    let run = builder.define("run", (columns.to - columns.from) * step)
    let height = builder.define("rows", rows.to - rows.from)
    builder.loop("c", planes) { c in
      let from = builder.define("x1", source + c * (planes > 1 ? g.x.strides[1] : 0))
      let to = builder.define("p1", target + c * (4 * area))
      copy(from, panel, to, run, height, builder)
    }
  }

  /// Copies the runs of some rows.
  private func copy(
    _ from: Expr, _ panel: Buffer, _ to: Expr, _ run: Expr, _ height: Expr, _ builder: LoopBuilder
  ) {
    let line = 4 * g.window.kernel[1] * step
    builder.microkernel(
      .gather, [],
      [
        .address(g.x.buffer, from), .address(panel, to), .number(run), .number(height),
        .number(.integer(4 * g.strideH)), .number(.integer(4 * line)),
      ]
    ) {
      builder.loop("ky", to: height) { ky in
        builder.loop("k", to: run) { k in
          let value = Expr.load(g.x.buffer, from + ky * g.strideH + k, lanes: 1)
          builder.emit(.store(panel, to + ky * line + k * 4, value))
        }
      }
    }
  }
}
