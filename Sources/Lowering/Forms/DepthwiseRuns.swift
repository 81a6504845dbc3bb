import CoppiceIR

/// How the rows and columns of a depthwise convolution are covered where a vector holds all channels
/// of a block: tiles know which columns of the window each of their positions meets, so that nothing
/// is tested at the edges, and in rows without padding all taps are one run of products.
struct DepthwiseRuns {
  /// Neighbouring positions.
  struct Tile {
    var first: Int
    /// The columns of the window that each position meets.
    var taps: [Range<Int>]
    /// How many tiles like this one lie beside each other.
    var repeats = 1
  }

  let g: ConvolutionGeometry
  let tiles: [Tile]

  init(_ g: ConvolutionGeometry) {
    self.g = g
    let count = (g.outWidth + 5) / 6
    let size = (g.outWidth + count - 1) / count
    var tiles: [Tile] = []
    for first in stride(from: 0, to: g.outWidth, by: size) {
      let positions = first..<min(first + size, g.outWidth)
      let taps = positions.map { Self.taps(g, $0) }
      let isWhole = g.inner.lowerBound <= first && positions.upperBound <= g.inner.upperBound
      if isWhole, positions.count == size, let last = tiles.last, last.taps == taps {
        tiles[tiles.count - 1].repeats += 1
      } else {
        tiles.append(Tile(first: first, taps: taps))
      }
    }
    self.tiles = tiles
  }

  /// Whether a block is computed so.
  static func serves(_ g: ConvolutionGeometry, _ block: ChannelBlock, lanes: Int) -> Bool {
    block.size > 1 && block.lanes(lanes) == block.size && g.window.kernel[1] <= 5
  }

  /// Output rows whose taps are one run of products.
  var rows: Range<Int> {
    g.window.kernel[0] * g.window.kernel[1] <= 9 ? g.innerRows : 0..<0
  }

  /// The columns of the operand that a tile meets.
  func columns(_ tile: Tile) -> Int {
    let (stride, dilation) = (g.window.strides[1], g.window.dilations[1])
    let columns = tile.taps.enumerated().flatMap { position, taps in
      taps.map { position * stride + $0 * dilation }
    }
    return Set(columns).count
  }

  /// The columns of the window that lie inside of the operand.
  private static func taps(_ g: ConvolutionGeometry, _ column: Int) -> Range<Int> {
    let (dilation, kernel) = (g.window.dilations[1], g.window.kernel[1])
    let start = column * g.window.strides[1] - g.window.begin[1]
    let first = min(kernel, max(0, (dilation - 1 - start) / dilation))
    let end = min(kernel, max(0, (g.width - 1 - start + dilation) / dilation))
    return first..<max(first, end)
  }
}

/// The loops over such tiles.
struct DepthwiseRunsTile {
  let runs: DepthwiseRuns
  let tile: DepthwiseTile

  private var g: ConvolutionGeometry { runs.g }
  private var builder: LoopBuilder { tile.builder }

  /// Which rows of the window are met: all, with their weights, or some.
  private enum Rows {
    case all([Expr])
    case some(from: Expr, to: Expr)
  }

  func run(_ block: ChannelBlock, _ n: Expr) {
    let rows = runs.rows
    builder.loop("b", block.repeats) { index in
      let channel = builder.define("co", index * block.size + block.first)
      if !rows.isEmpty {
        let taps = g.window.kernel[0] * g.window.kernel[1]
        let weights = (0..<taps).map { weight(block, channel, .integer($0)) }
        builder.loop("oy", from: .integer(rows.lowerBound), to: .integer(rows.upperBound)) { oy in
          line(block, n, channel, oy, .all(weights))
        }
      }
      builder.loop("r", g.outHeight - rows.count) { row in
        let isBelow = (row - (rows.lowerBound - 1)).maximum(.integer(0)).minimum(.integer(1))
        let oy = rows.isEmpty ? row : builder.define("oy", row + isBelow * rows.count)
        let met = g.taps(0, oy, builder)
        line(block, n, channel, oy, .some(from: met.from, to: met.to))
      }
    }
  }

  private func weight(_ block: ChannelBlock, _ channel: Expr, _ tap: Expr) -> Expr {
    let place = tile.packed.offset(channel) + tap * block.size
    let load = Expr.load(tile.packed.buffer, place, lanes: block.size)
    return builder.define("w", g.arithmetic.factor(load))
  }

  private func line(
    _ block: ChannelBlock, _ n: Expr, _ channel: Expr, _ oy: Expr, _ rows: Rows
  ) {
    for part in runs.tiles {
      builder.loop("t", part.repeats) { number in
        let ox = number * part.taps.count + part.first
        let sums = TileAccumulators(
          positions: part.taps.count, block: block, available: tile.lanes, channel: channel,
          g.arithmetic, builder)
        sum(part, sums, block, n, channel, (oy, ox), rows)
        tile.store(sums, n, channel, oy, ox)
      }
    }
  }

  private func sum(
    _ part: DepthwiseRuns.Tile, _ sums: TileAccumulators, _ block: ChannelBlock, _ n: Expr,
    _ channel: Expr, _ place: (oy: Expr, ox: Expr), _ rows: Rows
  ) {
    let (window, kernel) = (g.window, g.window.kernel[1])
    let row = (place.oy * window.strides[0] - window.begin[0]) * g.strideH
    let column = (place.ox * window.strides[1] - window.begin[1]) * g.strideW
    let start = builder.define(
      "x0", g.x.at([n, channel, .integer(0), .integer(0)]) + row + column)
    func meet(_ line: Expr, _ weight: (Int) -> Expr) {
      for tap in 0..<kernel where part.taps.contains(where: { $0.contains(tap) }) {
        let weight = weight(tap)
        for (position, taps) in part.taps.enumerated() where taps.contains(tap) {
          let reach = position * window.strides[1] + tap * window.dilations[1]
          let value = Expr.load(g.x.buffer, line + reach * g.strideW, lanes: sums.lanes)
          builder.accumulate(
            sums.variables[position][0], g.arithmetic.activation(value) * weight)
        }
      }
    }
    switch rows {
    case .all(let weights):
      for ky in 0..<window.kernel[0] {
        meet(start + ky * window.dilations[0] * g.strideH) { weights[ky * kernel + $0] }
      }
    case .some(let from, let to):
      builder.loop("ky", from: from, to: to) { ky in
        meet(builder.define("line", start + ky * (window.dilations[0] * g.strideH))) {
          weight(block, channel, ky * kernel + $0)
        }
      }
    }
  }
}
