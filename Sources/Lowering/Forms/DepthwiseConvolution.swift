import CoppiceIR

/// Depthwise convolution with one filter for each channel: tiles of positions, channels in the lanes.
///
/// Weights are packed as `[block][tap][channel of the block]`. The columns of the window are
/// unrolled, so that neighbouring positions share what they load.
struct DepthwiseConvolution: KernelForm {
  func kernel(
    _ computation: Computation, _ builder: LoopBuilder, _ target: Target
  ) throws(DiagnosticMessage) -> Kernel? {
    guard let g = try ConvolutionGeometry(computation, builder), !g.weight.storage.isSparse,
      g.group == g.x.shape[1], g.group == g.y.shape[1], g.group > 1
    else { return nil }
    let vectors =
      g.y.strides[1] == 1 && g.x.strides[1] == 1 && !target.vectorBytes.isEmpty
      && computation.tailIsVectorizable(builder, along: 1)
    if !vectors, let rows = DepthwiseRows(g, computation, builder, target) {
      return try rows.kernel(builder, target)
    }
    let blocks = ChannelBlock.cover(g.group, sizes: vectors ? [16, 8, 4, 1] : [1])
    let depth = g.window.kernel[0] * g.window.kernel[1]
    let packed = PackedWeights(
      blocks, depth: depth, channels: g.group, builder, g.weight, operand: 1
    ) { channel, tap in channel * depth + tap }
    return try CoppiceLowering.kernel("depthwise", vectors: vectors, builder, target) {
      (lanes) throws(DiagnosticMessage) in
      let tile = DepthwiseTile(g: g, packed: packed, builder: builder, lanes: lanes)
      builder.loop("n", g.y.shape[0]) { n in
        for block in blocks { tile.run(block, n) }
      }
    }
  }
}

/// The loops of a depthwise convolution for one vector width.
struct DepthwiseTile {
  let g: ConvolutionGeometry
  let packed: PackedWeights
  let builder: LoopBuilder
  let lanes: Int

  func run(_ block: ChannelBlock, _ n: Expr) {
    builder.loop("b", block.repeats) { index in
      let channel = builder.define("co", index * block.size + block.first)
      builder.loop("oy", g.outHeight) { oy in
        let rows = g.taps(0, oy, builder)
        let inner = g.inner
        let size = inner.count == 3 ? 3 : 4
        let full = inner.lowerBound + inner.count / size * size
        func single(_ ox: Expr) { tile(block, n, channel, oy, ox, 1, rows, g.taps(1, ox, builder)) }
        builder.loop("ox", to: .integer(inner.lowerBound)) { single($0) }
        builder.loop("ox", from: .integer(inner.lowerBound), to: .integer(full), step: size) {
          tile(block, n, channel, oy, $0, size, rows, nil)
        }
        if inner.upperBound > full {
          tile(block, n, channel, oy, .integer(full), inner.upperBound - full, rows, nil)
        }
        builder.loop("ox", from: .integer(inner.upperBound), to: .integer(g.outWidth)) {
          single($0)
        }
      }
    }
  }

  private func tile(
    _ block: ChannelBlock, _ n: Expr, _ channel: Expr, _ oy: Expr, _ ox: Expr, _ count: Int,
    _ rows: (from: Expr, to: Expr), _ columns: (from: Expr, to: Expr)?
  ) {
    let sums = TileAccumulators(
      positions: count, block: block, available: lanes, channel: channel, bias: g.bias, builder)
    let w = g.window
    let image = g.x.at([n, channel, .integer(0), .integer(0)])
    let place = (oy * w.strides[0] - w.begin[0]) * g.strideH
    let column = (ox * w.strides[1] - w.begin[1]) * g.strideW
    let start = builder.define("x0", image + place + column)
    let table = builder.define("w0", packed.offset(channel))
    builder.loop("ky", from: rows.from, to: rows.to) { ky in
      let line = builder.define("line", start + ky * (w.dilations[0] * g.strideH))
      let weights = builder.define("wl", table + ky * (w.kernel[1] * block.size))
      func tap(_ kx: Expr) {
        let x = line + kx * (w.dilations[1] * g.strideW)
        accumulate(sums, weights + kx * block.size, x)
      }
      if let columns {
        builder.loop("kx", from: columns.from, to: columns.to) { tap($0) }
      } else if w.kernel[1] <= 5 {
        for kx in 0..<w.kernel[1] { tap(.integer(kx)) }
      } else {
        builder.loop("kx", w.kernel[1]) { tap($0) }
      }
    }
    builder.laneAxis = 1
    for (position, row) in sums.variables.enumerated() {
      for (vector, variable) in row.enumerated() {
        let index = [n, channel + vector * sums.lanes, oy, ox + position]
        builder.store(.variable(variable), to: g.y, at: index)
      }
    }
  }

  private func accumulate(_ sums: TileAccumulators, _ weights: Expr, _ x: Expr) {
    let step = g.window.strides[1] * g.strideW
    for vector in 0..<sums.vectors {
      let load = Expr.load(packed.buffer, weights + vector * sums.lanes, lanes: sums.lanes)
      let weight = builder.define("w", load)
      for (position, row) in sums.variables.enumerated() {
        let place = x + (position * step + vector * sums.lanes)
        let value = Expr.load(g.x.buffer, place, lanes: sums.lanes)
        builder.accumulate(row[vector], value * weight)
      }
    }
  }
}
