import CoppiceIR

/// 1x1 convolution with sparse weights over channels-first activations: a tile of neighbouring
/// positions in registers, one weight (or a block of four rows) at a time for all of them.
struct SparsePointwise: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage.isSparse, let g = site.convolution, g.arithmetic.isFloat,
      g.group == 1, g.window.kernel == [1, 1], g.outHeight == 1, g.window.strides == [1, 1],
      g.window.begin == [0, 0], g.height == 1, g.strideW == 1, g.y.strides[3] == 1,
      let weight = site.sparse(g.operand, storage, rowAxis: 0), g.y.shape[1] % weight.height == 0
    else { return nil }
    let element = g.arithmetic.element
    let vectors = !target.vectors(of: element).isEmpty && site.tailIsVectorizable(along: 3)
    let form = vectors || target.vectors.isEmpty ? "sparse_conv1x1" : "sparse_conv1x1_scalar"
    let lanes = vectors ? target.lanes(of: element) : 1
    return Plan(
      form, storage, bytes: weight.bytes, work(g, weight, lanes, target), target
    ) { builder throws(DiagnosticMessage) in
      try emit(g, vectors: vectors, builder, target)
    }
  }

  private func work(
    _ g: ConvolutionGeometry, _ weight: SparseWeight, _ lanes: Int, _ target: Target
  ) -> Work {
    let width = Self.width(g, lanes, weight.height, target)
    let (whole, rest) = (g.outWidth / width, g.outWidth % width)
    let tiles = Double(g.y.shape[0] * (whole + (rest > 0 ? 1 : 0)))
    let (full, last) = (
      TilePart.run(width, lanes, g.arithmetic).count,
      TilePart.run(rest, lanes, g.arithmetic).count
    )
    let parts = Double(g.y.shape[0] * (whole * full + last))
    let blocks = Double(weight.blockRows)
    var work = Work()
    work[.tile] = blocks * tiles
    work[.line] = weight.lines * tiles
    work[.step] = weight.slots * tiles
    work[.load] = weight.slots * parts
    work[.fma] = work[.load] * Double(weight.height)
    work[.store] = blocks * Double(weight.height) * parts
    work.tests(weight, passes: tiles)
    work.reads(weight.bytes, passes: tiles, target)
    if lanes > 1, let caches = target.caches {
      let apart = g.x.strides[1] * g.arithmetic.bytes
      work.enters(g.x.shape[1], apart: apart, times: work[.step], target)
      if g.x.strides[1] % lanes != 0 { work[.reach] = work[.load] }
      let bytes = g.x.count * g.arithmetic.bytes
      work[.near] += Double(max(0, bytes - caches.first))
    }
    return work
  }

  private func emit(
    _ g: ConvolutionGeometry, vectors: Bool, _ builder: LoopBuilder, _ target: Target
  ) throws(DiagnosticMessage) -> Kernel {
    let table = builder.sparseTable(g.weight, g.operand, rowAxis: 0)
    return try CoppiceLowering.kernel(
      "sparse_conv1x1", vectors: vectors, builder, target, of: g.arithmetic.element
    ) { (lanes) throws(DiagnosticMessage) in
      let width = Self.width(g, lanes, table.height, target)
      let full = g.outWidth / width * width
      builder.loop("n", g.y.shape[0]) { n in
        builder.loop("p", to: .integer(full), step: width) {
          tile(g, table, n, $0, TilePart.run(width, lanes, g.arithmetic), builder)
        }
        if g.outWidth > full {
          let rest = TilePart.run(g.outWidth - full, lanes, g.arithmetic)
          tile(g, table, n, .integer(full), rest, builder)
        }
      }
    }
  }

  /// Positions in a tile: what registers hold, and what keeps its activations in the first cache.
  private static func width(
    _ g: ConvolutionGeometry, _ lanes: Int, _ height: Int, _ target: Target
  ) -> Int {
    if lanes == 1 { return max(1, 16 / height) }
    let element = g.arithmetic.element
    let registers = height == 1 ? 4 : target.accumulators(lanes: lanes, of: element) / height
    let cached = 32768 / g.arithmetic.bytes / (g.x.shape[1] * lanes)
    return max(1, min(registers, 4, cached)) * lanes
  }

  private func tile(
    _ g: ConvolutionGeometry, _ table: SparseTable, _ n: Expr, _ position: Expr,
    _ parts: [TilePart], _ builder: LoopBuilder
  ) {
    let start = builder.define("x0", g.x.at([n, .integer(0), .integer(0), position]))
    let (none, one) = (Expr.integer(0), Expr.integer(1))
    builder.loop("b", table.blockRows) { block in
      let channel = block * table.height
      let sums = SparseSums(table, parts, builder) { g.arithmetic.start(channel + $0) }
      table.visit(
        table.cursor(block, builder), first: none, count: 1, from: none, to: one, builder,
        enter: { _ in start }
      ) { base, column, slot in
        let x = builder.define("xk", base + column * g.x.strides[1])
        sums.add(slot, g.x.buffer, x, builder)
      }
      builder.laneAxis = 3
      sums.store { sum, lane, part in
        builder.store(sum, to: g.y, at: [n, channel + lane, none, position + part.column])
      }
    }
  }
}
