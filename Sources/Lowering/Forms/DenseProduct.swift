import CoppiceIR

/// Gemm and MatMul with constant weights: panels of output columns, tiles of rows.
///
/// Weights are packed as `[block][k][column of the block]`.
struct DenseProduct: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage == .dense, let p = site.product else { return nil }
    let vectors =
      p.storesVectors && !target.vectors(of: p.arithmetic.element).isEmpty
      && site.tailIsVectorizable(along: p.y.rank - 1)
    let element = p.arithmetic.element
    let sizes =
      vectors ? target.columnBlocks(of: element) : p.rows >= 4 ? [4, 2, 1] : [8, 4, 2, 1]
    let blocks = ChannelBlock.cover(p.columns, sizes: sizes)
    let bytes = p.weight.type.byteCount
    let lanes = vectors ? target.lanes(of: element) : 1
    let passes = p.y.shape.dropLast(2).reduce(1, *)
    var work = Work()
    for block in blocks { work.tiles(p, block, lanes, target, passes: passes) }
    work[.store] = Double(p.y.count) / Double(lanes)
    work.reads(bytes, passes: Double(passes), target)
    return Plan(
      vectors || target.vectors.isEmpty ? "product" : "product_scalar", .dense, bytes: bytes,
      isInteger: !p.arithmetic.isFloat, work, target
    ) { builder throws(DiagnosticMessage) in
      try emit(p, blocks, vectors: vectors, builder, target)
    }
  }

  private func emit(
    _ p: ProductGeometry, _ blocks: [ChannelBlock], vectors: Bool, _ builder: LoopBuilder,
    _ target: Target
  ) throws(DiagnosticMessage) -> Kernel {
    let (strideK, strideColumn) = p.transposed ? (1, p.depth) : (p.columns, 1)
    let packed = PackedWeights(
      blocks, depth: p.depth, channels: p.columns, builder, p.weight, operand: p.operand
    ) { column, k in column * strideColumn + k * strideK }
    let (element, finish) = (p.arithmetic.element, try p.arithmetic.finishing(builder))
    return try CoppiceLowering.kernel("product", vectors: vectors, builder, target, of: element) {
      (lanes) throws(DiagnosticMessage) in
      let accumulators = target.accumulators(lanes: lanes, of: element)
      let lead = Array(p.y.shape.dropLast(2))
      builder.loops(lead, "n") { outer in
        for block in blocks {
          run(block, p, packed, outer, lanes, accumulators, finish, builder)
        }
      }
    }
  }

  /// Rows in a tile.
  fileprivate static func rows(_ vectors: Int, _ accumulators: Int) -> Int {
    max(1, min(4, accumulators / vectors))
  }

  private func run(
    _ block: ChannelBlock, _ p: ProductGeometry, _ packed: PackedWeights, _ outer: [Expr],
    _ lanes: Int, _ accumulators: Int, _ finish: SumFinish, _ builder: LoopBuilder
  ) {
    let vectors = block.size / block.lanes(lanes)
    let size = Self.rows(vectors, accumulators)
    let full = p.rows / size * size
    builder.loop("b", block.repeats) { index in
      let column = builder.define("j", index * block.size + block.first)
      builder.loop("r", to: .integer(full), step: size) {
        tile(block, p, packed, outer, $0, size, column, lanes, finish, builder)
      }
      if p.rows > full {
        let rest = p.rows - full
        tile(block, p, packed, outer, .integer(full), rest, column, lanes, finish, builder)
      }
    }
  }

  private func tile(
    _ block: ChannelBlock, _ p: ProductGeometry, _ packed: PackedWeights, _ outer: [Expr],
    _ row: Expr, _ count: Int, _ column: Expr, _ lanes: Int, _ finish: SumFinish,
    _ builder: LoopBuilder
  ) {
    let sums = TileAccumulators(
      positions: count, block: block, available: lanes, channel: column, p.arithmetic,
      builder)
    let start = builder.define("x0", p.x.at(outer + [row, .integer(0)]))
    let table = builder.define("w0", packed.offset(column))
    let (strideR, strideK) = (p.x.strides[p.x.rank - 2], p.x.strides[p.x.rank - 1])
    builder.loop("k", p.depth) { k in
      let place = start + k * strideK
      let activations = (0..<count).map { Expr.load(p.x.buffer, place + $0 * strideR, lanes: 1) }
      sums.accumulate(table + k * block.size, packed.buffer, activations, builder)
    }
    builder.laneAxis = p.y.rank - 1
    for (position, row0) in sums.variables.enumerated() {
      for (vector, variable) in row0.enumerated() {
        let index = outer + [row + position, column + vector * sums.lanes]
        builder.store(finish(.variable(variable), index), to: p.y, at: index)
      }
    }
  }
}

extension Work {
  /// Counts a run of blocks of columns in tiles of rows.
  fileprivate mutating func tiles(
    _ p: ProductGeometry, _ block: ChannelBlock, _ available: Int, _ target: Target, passes: Int
  ) {
    let vectors = block.size / block.lanes(available)
    let size = DenseProduct.rows(
      vectors, target.accumulators(lanes: available, of: p.arithmetic.element))
    let runs = Double(block.repeats * passes)
    func count(_ tiles: Int, _ rows: Int) {
      let steps = runs * Double(tiles * p.depth)
      self[.tile] += runs * Double(tiles)
      self[.step] += steps
      self[.load] += steps * Double(vectors + rows)
      multiplies(
        steps * Double(vectors * rows), lanes: block.lanes(available), widest: available)
      // Processors with caches run ahead: short sums of one tile hide behind those of the next.
      let waiting = target.caches == nil ? 1 : max(0, 1 - 48 / Double(p.depth))
      waits(steps * waiting, sums: vectors * rows)
      let stride = p.x.strides[p.x.rank - 2]
      reaches((0..<rows).map { $0 * stride }, times: steps, target)
    }
    count(p.rows / size, size)
    if p.rows % size > 0 { count(1, p.rows % size) }
  }
}
