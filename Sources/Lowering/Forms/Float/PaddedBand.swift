import CoppiceIR

/// A copy of the rows of a convolution's operand that a band of results needs, with their padding
/// around them, so that neighbouring results read neighbouring elements for every tap.
///
/// With steps of `s` columns, each row is cut into `s` rows of every `s`-th column.
struct PaddedBand {
  /// Rows of results that it serves.
  let rows: Int
  private let g: ConvolutionGeometry
  /// Rows of the copy.
  private let height: Int
  /// Columns of the rows that a row is cut into.
  private let width: Int

  /// Plans a copy that takes a sixth of the memory of activations, and 24 KB at most, as far as tiles
  /// let it.
  ///
  /// - Parameters:
  ///   - g: The convolution.
  ///   - tile: Rows of results in a tile.
  ///   - room: Bytes that the copy may take instead; `nil` for any.
  init(_ g: ConvolutionGeometry, rows tile: Int, room: Int?) {
    self.g = g
    width = g.outWidth + (g.window.reach(1) - 1) / g.window.strides[1]
    let (step, reach) = (g.window.strides[0], g.window.reach(0))
    let line = g.x.shape[1] * width * g.window.strides[1] * 4
    let plenty = max(4096, min(24576, (g.x.count + g.y.count) * 4 / 6))
    let memory = min(plenty, room.map { $0 / 64 * 64 } ?? plenty)
    let most = max(tile, (memory / line - reach) / step + 1)
    if most >= g.outHeight {
      rows = g.outHeight
    } else {
      // A last band that begins inside the one before computes rows twice.
      let count = g.outHeight
      let sizes = stride(from: tile, through: most, by: tile)
      rows = sizes.min { Self.waste(count, $0) < Self.waste(count, $1) } ?? tile
    }
    height = (rows - 1) * step + reach
  }

  /// Rows that are computed twice, and how often the copy is filled.
  private static func waste(_ count: Int, _ size: Int) -> Int {
    let bands = (count + size - 1) / size
    return (bands * size - count) * 4 + bands
  }

  private var step: Int { g.window.strides[1] }
  private var channels: Int { g.x.shape[1] }

  /// How far rows, channels and rows of tiles lie apart.
  var line: Int { width * step }
  var plane: Int { height * line }
  var rowStep: Int { g.window.strides[0] * line }

  /// Floats of the copy.
  var count: Int { (channels * plane + 15) / 16 * 16 }

  /// How often it is filled.
  var bands: Int { (g.outHeight + rows - 1) / rows }

  private var copiesRows: Bool { step == 1 && g.strideW == 1 }

  /// Columns of the operand that are copied.
  private var columns: Int { min(g.width, line - g.window.begin[1]) }

  /// Instructions that clearing and filling it take.
  var cost: Double {
    let bands = Double(self.bands)
    let cleared = bands * Double(count) * 0.19
    let lines = bands * Double(channels * height)
    if !copiesRows { return cleared + lines * (12 + 5.5 * Double(min(g.width, line))) }
    return cleared + bands * Double(channels) * 25 + lines * Double(6 + 2 * ((columns + 15) / 16))
  }

  /// How far a tap lies from the first.
  func tap(_ kx: Int) -> Int {
    let place = kx * g.window.dilations[1]
    return place % step * width + place / step
  }

  /// Fills the copy for the results from a row on.
  func fill(_ copy: Buffer, _ n: Expr, from oy: Expr, _ builder: LoopBuilder) {
    clear(copy, builder)
    let none = Expr.integer(0)
    let top = builder.define("top", oy * g.window.strides[0] - g.window.begin[0])
    let from = builder.define("from", (none - top).maximum(none))
    let to = (Expr.integer(g.height) - top).minimum(.integer(height))
    let rows = builder.define("rows", to - from)
    builder.loop("c", channels) { channel in
      let image = g.x.at([n, channel, none, none])
      let source = builder.define("x0", image + (top + from) * g.strideH)
      let target = builder.define("p0", channel * plane + from * line)
      if copiesRows {
        copyRows(copy, source, target, rows, builder)
      } else {
        copyParts(copy, source, target, rows, builder)
      }
    }
  }

  private func clear(_ copy: Buffer, _ builder: LoopBuilder) {
    builder.microkernel(
      .clear, [], [.address(copy, .integer(0)), .number(.integer(count / 16))]
    ) {
      builder.loop("i", count) { index in
        builder.emit(.store(copy, index, .constant(0, .float32)))
      }
    }
  }

  private func copyRows(
    _ copy: Buffer, _ source: Expr, _ target: Expr, _ rows: Expr, _ builder: LoopBuilder
  ) {
    let target = builder.define("p1", target + g.window.begin[1])
    builder.microkernel(
      .copy, [columns],
      [
        .address(g.x.buffer, source), .address(copy, target), .number(rows),
        .number(.integer(4 * g.strideH)), .number(.integer(4 * line)),
      ]
    ) {
      builder.loop("iy", to: rows) { row in
        builder.loop("j", columns) { column in
          let value = Expr.load(g.x.buffer, source + row * g.strideH + column, lanes: 1)
          builder.emit(.store(copy, target + row * line + column, value))
        }
      }
    }
  }

  private func copyParts(
    _ copy: Buffer, _ source: Expr, _ target: Expr, _ rows: Expr, _ builder: LoopBuilder
  ) {
    let left = g.window.begin[1]
    builder.loop("iy", to: rows) { row in
      let from = builder.define("x1", source + row * g.strideH)
      let to = builder.define("p1", target + row * line)
      for part in 0..<step {
        let first = max(0, (left - part + step - 1) / step)
        let count = min(width, (g.width + left - part + step - 1) / step)
        builder.loop("j", from: .integer(first), to: .integer(count)) { column in
          let place = (column * step + (part - left)) * g.strideW
          let value = Expr.load(g.x.buffer, from + place, lanes: 1)
          builder.emit(.store(copy, to + column + part * width, value))
        }
      }
    }
  }
}
