import CoppiceIR

/// The results of a convolution over planes: what vectors of neighbouring positions start from, and
/// where they go.
struct PlaneResults {
  let g: ConvolutionGeometry
  /// Channels that are taken together.
  let height: Int
  /// Where the last vector of a plane goes first, if results have no room for all of it.
  let last: TensorView?
  let builder: LoopBuilder

  /// Declares the sums of a tile of some channels.
  func starts(_ block: Expr, _ count: Int, _ lanes: Int) -> [[Variable]] {
    (0..<height).map { row in
      let first = builder.define("first", g.arithmetic.start(block * height + row))
      return (0..<count).map { _ in builder.declare("a", first.splatted(lanes)) }
    }
  }

  /// Stores the sums of some channels.
  func store(_ sums: [[Variable]], _ block: Expr, _ tile: PlaneFrame.Tile) {
    for (row, sums) in sums.enumerated() { store(sums, channel: block * height + row, tile) }
  }

  private func store(_ sums: [Variable], channel: Expr, _ tile: PlaneFrame.Tile) {
    let rest = g.outHeight * g.outWidth % tile.lanes
    for (part, sum) in sums.enumerated() {
      let place = tile.place + part * tile.lanes
      let index = [tile.n, channel, .integer(0), place]
      guard let last, tile.isLast, rest > 0, part == sums.count - 1 else {
        builder.store(.variable(sum), to: g.y, at: index)
        continue
      }
      builder.emit(.store(last.buffer, .integer(0), .variable(sum)))
      builder.loop("j", rest) { lane in
        let value = Expr.load(last.buffer, lane, lanes: 1)
        builder.store(value, to: g.y, at: [tile.n, channel, .integer(0), place + lane])
      }
    }
  }
}
