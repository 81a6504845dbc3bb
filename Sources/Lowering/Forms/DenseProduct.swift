import CoppiceIR

/// Gemm and MatMul with constant weights: panels of output columns, tiles of rows.
///
/// Weights are packed as `[block][k][column of the block]`.
struct DenseProduct: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage == .dense, let p = ProductGeometry(site) else { return nil }
    let vectors =
      p.storesVectors && !target.vectorBytes.isEmpty
      && site.tailIsVectorizable(along: p.y.rank - 1)
    let sizes = vectors ? target.columnBlocks : p.rows >= 4 ? [4, 2, 1] : [8, 4, 2, 1]
    let blocks = ChannelBlock.cover(p.columns, sizes: sizes)
    let bytes = p.weight.type.byteCount
    let lanes = vectors ? target.lanes : 1
    let passes = p.y.shape.dropLast(2).reduce(1, *)
    var work = Work()
    for block in blocks { work.tiles(p, block, lanes, target, passes: passes) }
    work[.store] = Double(p.y.count) / Double(lanes)
    work.reads(bytes, passes: Double(passes), target)
    return Plan(
      vectors || target.vectorBytes.isEmpty ? "product" : "product_scalar", .dense, bytes: bytes,
      work, target
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
      blocks, depth: p.depth, channels: p.columns, builder, p.weight, operand: 1
    ) { column, k in column * strideColumn + k * strideK }
    return try CoppiceLowering.kernel("product", vectors: vectors, builder, target) {
      (lanes) throws(DiagnosticMessage) in
      let lead = Array(p.y.shape.dropLast(2))
      builder.loops(lead, "n") { outer in
        for block in blocks {
          run(block, p, packed, outer, lanes, target.accumulators(lanes: lanes), builder)
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
    _ lanes: Int, _ accumulators: Int, _ builder: LoopBuilder
  ) {
    let vectors = block.size / block.lanes(lanes)
    let size = Self.rows(vectors, accumulators)
    let full = p.rows / size * size
    builder.loop("b", block.repeats) { index in
      let column = builder.define("j", index * block.size + block.first)
      builder.loop("r", to: .integer(full), step: size) {
        tile(block, p, packed, outer, $0, size, column, lanes, builder)
      }
      if p.rows > full {
        tile(block, p, packed, outer, .integer(full), p.rows - full, column, lanes, builder)
      }
    }
  }

  private func tile(
    _ block: ChannelBlock, _ p: ProductGeometry, _ packed: PackedWeights, _ outer: [Expr],
    _ row: Expr, _ count: Int, _ column: Expr, _ lanes: Int, _ builder: LoopBuilder
  ) {
    let sums = TileAccumulators(
      positions: count, block: block, available: lanes, channel: column, bias: nil, builder)
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
        p.store(.variable(variable), at: index, builder)
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
    let size = DenseProduct.rows(vectors, target.accumulators(lanes: available))
    let runs = Double(block.repeats * passes)
    func count(_ tiles: Int, _ rows: Int) {
      let steps = runs * Double(tiles * p.depth)
      self[.tile] += runs * Double(tiles)
      self[.step] += steps
      self[.load] += steps * Double(vectors + rows)
      self[.fma] += steps * Double(vectors * rows)
      self[.chain] += steps * max(0, 1 - Double(vectors * rows) / 8)
    }
    count(p.rows / size, size)
    if p.rows % size > 0 { count(1, p.rows % size) }
  }
}

/// A matrix product with constant weights in numbers.
struct ProductGeometry {
  let x: TensorView
  let y: TensorView
  let weight: Constant
  let transposed: Bool
  let addend: TensorView?
  let alpha: Float
  let beta: Float

  var rows: Int { y.shape[y.rank - 2] }
  var columns: Int { y.shape[y.rank - 1] }
  var depth: Int { x.shape[x.rank - 1] }

  /// Takes a float32 Gemm or MatMul with a constant matrix on the right apart.
  ///
  /// - Returns: `nil` for any other node.
  init?(_ site: Site) {
    let attributes = site.op.attributes
    let isGemm = site.op is Gemm
    guard isGemm || site.op is MatMul, site.constants.count > 1,
      let weight = site.constants[1], weight.type.rank == 2,
      let x = site.operands[0], let y = site.results[0], x.rank >= 2, y.rank == x.rank,
      x.element == .float32
    else { return nil }
    self.x = isGemm && attributes.flag("transA") ? x.permuted([1, 0]) : x
    self.y = y
    self.weight = weight
    transposed = isGemm && attributes.flag("transB")
    alpha = isGemm ? attributes.float("alpha", 1) : 1
    beta = isGemm ? attributes.float("beta", 1) : 1
    addend =
      isGemm && site.operands.count > 2
      ? site.operands[2]?.broadcast(to: y.shape) : nil
  }

  /// Whether neighbouring results lie side by side, and what is added to them too.
  var storesVectors: Bool {
    y.strides[y.rank - 1] == 1 && addend.map { $0.strides[$0.rank - 1] == 1 } ?? true
  }

  /// Stores a sum, scaled and with the addend.
  func store(_ sum: Expr, at index: [Expr], _ builder: LoopBuilder) {
    var value = scaled(sum, alpha)
    if let addend {
      value = value + scaled(element(addend, index, sum.lanes, y.rank - 1), beta)
    }
    builder.store(value, to: y, at: index)
  }

  private func scaled(_ value: Expr, _ factor: Float) -> Expr {
    if factor == 1 { return value }
    return value * Expr.constant(Double(factor), .float32).splatted(value.lanes)
  }
}
