import CoppiceIR

/// 1x1 convolution with sparse weights over channels-first activations: a tile of neighbouring
/// positions in registers, one weight at a time for all of them.
struct SparsePointwise: KernelForm {
  func kernel(
    _ computation: Computation, _ builder: LoopBuilder, _ target: Target
  ) throws(DiagnosticMessage) -> Kernel? {
    guard let g = try ConvolutionGeometry(computation, builder), g.weight.storage.isSparse,
      g.group == 1, g.window.kernel == [1, 1], g.outHeight == 1, g.window.strides == [1, 1],
      g.strideW == 1, g.y.strides[3] == 1
    else { return nil }
    let rows = builder.packedRows(g.weight, 1, 0)
    let vectors = !target.vectorBytes.isEmpty && computation.tailIsVectorizable
    return try CoppiceLowering.kernel("sparse_conv1x1", vectors: vectors, builder, target) {
      (lanes) throws(DiagnosticMessage) in
      let width = lanes == 1 ? 16 : max(1, min(4, 8192 / (g.x.shape[1] * lanes))) * lanes
      let full = g.outWidth / width * width
      builder.loop("n", g.y.shape[0]) { n in
        builder.loop("p", to: .integer(full), step: width) {
          tile(g, rows, n, $0, parts(width, lanes), builder)
        }
        if g.outWidth > full {
          tile(g, rows, n, .integer(full), parts(g.outWidth - full, lanes), builder)
        }
      }
    }
  }

  /// The vectors that cover a tile: full ones, then halves down to scalars.
  private func parts(_ width: Int, _ lanes: Int) -> [Int] {
    var (rest, size, result) = (width, lanes, [Int]())
    while rest > 0 {
      while size > rest { size /= 2 }
      if size == 2 { size = 1 }
      result.append(size)
      rest -= size
    }
    return result
  }

  private func tile(
    _ g: ConvolutionGeometry, _ rows: (starts: Buffer, indices: Buffer, values: Buffer), _ n: Expr,
    _ position: Expr, _ parts: [Int], _ builder: LoopBuilder
  ) {
    let start = builder.define("x0", g.x.at([n, .integer(0), .integer(0), position]))
    builder.loop("co", g.y.shape[1]) { co in
      let bias = builder.define("bias", g.bias.map { $0[[co]] } ?? .constant(0, .float32))
      let sums = parts.map { builder.declare("a", bias.splatted($0)) }
      let from = Expr.load(rows.starts, co, lanes: 1).converted(to: .index)
      let to = Expr.load(rows.starts, co + 1, lanes: 1).converted(to: .index)
      builder.loop("k", from: from, to: to) { k in
        let channel = Expr.load(rows.indices, k, lanes: 1).converted(to: .index)
        let x = builder.define("xk", start + channel * g.x.strides[1])
        let weight = builder.define("w", .load(rows.values, k, lanes: 1))
        var offset = 0
        for (sum, lanes) in zip(sums, parts) {
          let activation = Expr.load(g.x.buffer, x + offset, lanes: lanes)
          builder.accumulate(sum, activation * weight.splatted(lanes))
          offset += lanes
        }
      }
      builder.laneAxis = 3
      var offset = 0
      for (sum, lanes) in zip(sums, parts) {
        builder.store(.variable(sum), to: g.y, at: [n, co, .integer(0), position + offset])
        offset += lanes
      }
    }
  }
}
