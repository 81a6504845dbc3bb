import CoppiceIR

/// Depthwise convolution over channels-first activations in vectors of neighbouring positions, on a
/// copy of the operand with its padding around it.
struct DepthwiseRows: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage == .dense, target.hasWideVectors, let g = site.convolution,
      g.isDepthwise, !target.vectors(of: g.arithmetic.element).isEmpty, g.y.strides[3] == 1,
      g.outWidth >= 4,
      g.window.kernel[0] * g.window.kernel[1] <= 49, site.tailIsVectorizable(along: 3)
    else { return nil }
    let overlapping = site.tailViews.isEmpty
    let padded = PaddedOperand(g)
    return Plan(
      "depthwise_rows", .dense, bytes: g.denseBytes, scratch: padded.bytes,
      work(g, padded, target, overlapping: overlapping), target
    ) { builder throws(DiagnosticMessage) in
      try DepthwiseRowsKernel(g, overlapping: overlapping, builder).kernel(builder, target)
    }
  }

  private func work(
    _ g: ConvolutionGeometry, _ padded: PaddedOperand, _ target: Target, overlapping: Bool
  ) -> Work {
    let lanes = target.lanes(of: g.arithmetic.element)
    let tiling = SparseTiling(
      padded.geometry, vectors: lanes, height: 1, overlapping: overlapping)
    let (tiles, parts, whole) = tiling.counts(g, lanes: lanes)
    let channels = Double(g.group * g.y.shape[0])
    var work = Work()
    work.copies(padded.written, bytes: padded.copiedBytes, target)
    work[.row] = padded.rows
    work[.tile] = channels * tiles
    work[.store] = channels * parts
    let each = channels * Double(g.window.kernel[0] * g.window.kernel[1])
    work[.load] = each * parts
    (work[.fma], work[.narrow]) = (each * whole, each * (parts - whole))
    return work
  }
}

/// The loops of a depthwise convolution by rows.
private struct DepthwiseRowsKernel {
  private let g: ConvolutionGeometry
  private let packed: PackedWeights
  private let padded: PaddedOperand
  private let overlapping: Bool

  init(_ g: ConvolutionGeometry, overlapping: Bool, _ builder: LoopBuilder) {
    let taps = g.window.kernel[0] * g.window.kernel[1]
    let block = ChannelBlock(first: 0, size: 1, repeats: g.group)
    self.g = g
    self.overlapping = overlapping
    packed = PackedWeights(
      [block], depth: taps, channels: g.group, builder, g.weight, operand: g.operand
    ) { channel, tap in channel * taps + tap }
    padded = PaddedOperand(g, builder)
  }

  func kernel(_ builder: LoopBuilder, _ target: Target) throws(DiagnosticMessage) -> Kernel {
    let finish = try g.arithmetic.finishing(builder)
    return try CoppiceLowering.kernel(
      "depthwise", vectors: true, builder, target, of: g.arithmetic.element
    ) { (lanes) throws(DiagnosticMessage) in
      if lanes == 1 {
        let tile = DepthwiseTile(g: g, packed: packed, builder: builder, lanes: 1, finish: finish)
        let block = ChannelBlock(first: 0, size: 1, repeats: g.group)
        return builder.loop("n", g.y.shape[0]) { tile.run(block, $0) }
      }
      let tiling = SparseTiling(
        padded.geometry, vectors: lanes, height: 1, overlapping: overlapping)
      padded.clear(builder)
      builder.laneAxis = 3
      builder.loop("n", g.y.shape[0]) { n in
        padded.fill(n, builder)
        builder.loop("co", g.group) { channel in rows(tiling, n, channel, finish, builder) }
      }
    }
  }

  private func rows(
    _ tiling: SparseTiling, _ n: Expr, _ channel: Expr, _ finish: SumFinish,
    _ builder: LoopBuilder
  ) {
    let inner = tiling.inner
    for piece in tiling.pieces {
      builder.loop("ox", piece.repeats) { index in
        let ox = index * piece.width + piece.start
        builder.loop("oy", to: .integer(inner.count), step: tiling.innerRows) { oy in
          tile(piece, tiling.innerRows, n, channel, oy, ox, finish, builder)
        }
        builder.loop("oy", from: .integer(inner.count), to: .integer(g.outHeight)) { oy in
          tile(piece, 1, n, channel, oy, ox, finish, builder)
        }
      }
    }
  }

  private func tile(
    _ piece: SparseTiling.Piece, _ count: Int, _ n: Expr, _ channel: Expr, _ oy: Expr, _ ox: Expr,
    _ finish: SumFinish, _ builder: LoopBuilder
  ) {
    let (x, window) = (padded.geometry.x, padded.geometry.window)
    let step = (row: window.strides[0] * x.strides[2], column: 1)
    let parts = (0..<count).flatMap { piece.parts(row: $0, step) }
    let start = builder.define("x0", x.at([n, channel, oy * window.strides[0], ox]))
    let table = builder.define("w0", packed.offset(channel))
    let bias = builder.define("first", g.arithmetic.start(channel))
    let sums = parts.map { builder.declare("a", bias.splatted($0.lanes)) }
    for ky in 0..<window.kernel[0] {
      for kx in 0..<window.kernel[1] {
        let tap = table + (ky * window.kernel[1] + kx)
        let weight = builder.define("w", .load(packed.buffer, tap, lanes: 1))
        let place =
          start + .integer(ky * window.dilations[0] * x.strides[2]) + padded.tap(.integer(kx))
        for (part, sum) in zip(parts, sums) {
          let value = Expr.load(x.buffer, place + part.x, lanes: part.lanes)
          builder.accumulate(sum, value * weight.splatted(part.lanes))
        }
      }
    }
    for (part, sum) in zip(parts, sums) {
      let index = [n, channel, oy + part.row, ox + part.column]
      builder.store(finish(.variable(sum), index), to: g.y, at: index)
    }
  }
}
