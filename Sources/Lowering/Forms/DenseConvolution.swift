import CoppiceIR

/// Dense convolution: tiles of positions x output channels in registers, channels in the lanes.
///
/// Weights are packed as `[block][ky][kx][ci][channel of the block]`, so that the innermost loop
/// reads them in a row. Rows are clipped by their tap range; columns whose windows reach into the
/// padding are computed one at a time, all others in tiles. On a copy with its padding beside each row
/// all columns are met in tiles.
struct DenseConvolution: KernelForm {
  /// Whether the operand is copied.
  let padded: Bool

  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage == .dense, let own = site.convolution,
      !padded || target.hasWideVectors && PaddedRows.serves(own)
    else { return nil }
    let rows = padded ? PaddedRows(own) : nil
    let g = rows?.geometry ?? own
    let perGroup = g.y.shape[1] / g.group
    guard perGroup >= 4 || g.group == 1 else { return nil }
    let isLast = g.y.strides[1] == 1 && site.tailIsVectorizable(along: 1)
    let element = g.arithmetic.element
    let vectors = !target.vectors(of: element).isEmpty && (isLast || target.hasWideVectors)
    let sizes = vectors ? target.channelBlocks(of: element) : [4, 2, 1]
    let blocks = ChannelBlock.cover(perGroup, sizes: sizes)
    let isTurned = vectors && !isLast
    guard vectors || !padded else { return nil }
    let lanes = vectors ? target.lanes(of: element) : 1
    var work = Work()
    for block in blocks {
      work.tiles(g, block, lanes, target, reads: g.weight.type.shape[1])
    }
    work[.store] = Double(g.y.count) / Double(isTurned ? 1 : lanes)
    if let rows { work.copies(rows.written, bytes: rows.copiedBytes, target) }
    let turned = isTurned ? DenseConvolutionTile.mostPositions * sizes[0] : 0
    return Plan(
      vectors
        ? (isTurned ? "conv_turned" : "conv") + (padded ? "_padded" : "")
        : target.vectors.isEmpty ? "conv" : "conv_scalar",
      .dense, bytes: g.denseBytes, scratch: turned * g.arithmetic.bytes + (rows?.bytes ?? 0),
      isInteger: !g.arithmetic.isFloat, work, target
    ) { builder throws(DiagnosticMessage) in
      try emit(own, blocks, vectors: vectors, turned: turned, builder, target)
    }
  }

  private func emit(
    _ own: ConvolutionGeometry, _ blocks: [ChannelBlock], vectors: Bool, turned: Int,
    _ builder: LoopBuilder, _ target: Target
  ) throws(DiagnosticMessage) -> Kernel {
    let rows = padded ? PaddedRows(own, builder) : nil
    let g = rows?.geometry ?? own
    let channels = g.y.shape[1]
    let perGroup = channels / g.group
    let depth = g.weight.type.shape[1...].reduce(1, *)
    let grouped = (0..<g.group).flatMap { number in
      blocks.map { block in
        ChannelBlock(
          first: block.first + number * perGroup, size: block.size, repeats: block.repeats)
      }
    }
    let shape = g.weight.type.shape
    let packed = PackedWeights(
      grouped, depth: depth, channels: channels, builder, g.weight, operand: g.operand
    ) { channel, row in
      let (tap, ci) = (row / shape[1], row % shape[1])
      return (channel * shape[1] + ci) * shape[2] * shape[3] + tap
    }
    let element = g.arithmetic.element
    let turnedView = turned > 0 ? builder.scratch(element, [turned], "turned") : nil
    let finish = try g.arithmetic.finishing(builder)
    return try CoppiceLowering.kernel("conv", vectors: vectors, builder, target, of: element) {
      (lanes) throws(DiagnosticMessage) in
      let tile = DenseConvolutionTile(
        g: g, packed: packed, builder: builder, lanes: lanes,
        turned: lanes > 1 ? turnedView : nil, target: target, finish: finish)
      rows?.clear(builder)
      builder.loop("n", g.y.shape[0]) { n in
        rows?.fill(n, builder)
        builder.loop("g", g.group) { number in
          for block in blocks { tile.run(block, n, number, perGroup) }
        }
      }
    }
  }
}

extension Work {
  /// Counts a run of channel blocks in tiles of positions.
  ///
  /// - Parameters:
  ///   - g: The convolution.
  ///   - block: The run of blocks.
  ///   - available: Lanes of a vector.
  ///   - target: Says how large tiles are.
  ///   - depth: Input channels that a tile reads.
  fileprivate mutating func tiles(
    _ g: ConvolutionGeometry, _ block: ChannelBlock, _ available: Int, _ target: Target,
    reads depth: Int
  ) {
    let vectors = block.size / block.lanes(available)
    let inner = g.inner
    let size = DenseConvolutionTile.positions(
      g, block, available, target,
      accumulators: target.accumulators(lanes: available, of: g.arithmetic.element))
    let edges = g.met(1, 0..<inner.lowerBound) + g.met(1, inner.upperBound..<g.outWidth)
    let columns = g.window.kernel[1]
    let runs = block.repeats * g.group * g.y.shape[0]
    let rows = Double(runs * g.met(0, g.outRows))
    let merges = g.window.dilations[1] * g.strideW == depth * g.x.strides[1]
    func count(_ tiles: Int, _ positions: Int, taps: Int) {
      let steps = rows * Double(taps * depth)
      self[.tile] += Double(runs * g.outHeight * tiles)
      self[.line] += rows * Double(merges ? tiles : taps)
      self[.step] += steps
      self[.load] += steps * Double(vectors + positions)
      multiplies(
        steps * Double(vectors * positions), lanes: block.lanes(available), widest: available)
      waits(steps, sums: vectors * positions)
      let step = g.window.strides[1] * g.strideW
      reaches((0..<positions).map { $0 * step }, times: steps, target)
    }
    let whole = inner.count / size
    count(whole, size, taps: whole * columns)
    if inner.count % size > 0 { count(1, inner.count % size, taps: columns) }
    count(g.outWidth - inner.count, 1, taps: edges)
    let passes = g.outHeight * (whole + (inner.count % size > 0 ? 1 : 0))
    reads(g.bytes(of: block), passes: Double(runs * passes), target)
    if g.bytes(of: block) <= target.caches?.first ?? 0 {
      let part = block.size * block.repeats
      reads(g.denseBytes * part / g.y.shape[1], passes: Double(g.y.shape[0]), target)
    }
  }
}

/// The loops of a dense convolution for one vector width.
struct DenseConvolutionTile {
  let g: ConvolutionGeometry
  let packed: PackedWeights
  let builder: LoopBuilder
  let lanes: Int
  /// Where vectors of channels are put down, when channels do not lie side by side in the result.
  let turned: TensorView?
  let target: Target
  let finish: SumFinish

  /// Positions that a tile ever has.
  static let mostPositions = 12

  /// Positions in a tile: as many as leave registers for weights, and cover a row well.
  ///
  /// - Parameters:
  ///   - g: The convolution.
  ///   - block: Channels that are taken together.
  ///   - lanes: Of a vector.
  ///   - target: Whether other numbers than the usual are considered, and what its caches hold.
  ///   - accumulators: Registers for sums.
  /// - Returns: At least 1.
  static func positions(
    _ g: ConvolutionGeometry, _ block: ChannelBlock, _ lanes: Int, _ target: Target,
    accumulators: Int
  ) -> Int {
    let (vectors, count) = (block.size / block.lanes(lanes), g.inner.count)
    let usual = max(1, min(lanes > 1 ? 6 : 4, accumulators / vectors))
    guard target.hasWideVectors, lanes > 1, count > 0 else { return usual }
    let first = target.caches?.first ?? .max
    let streams = g.bytes(of: block) >= first
    func time(_ size: Int) -> Double {
      func step(_ positions: Int) -> Double { self.step(positions * vectors, streams) }
      let rest = count % size
      let all = Double(count / size) * step(size) + (rest > 0 ? step(rest) : 0)
      // The first pass brings the weights into the first cache, faster than sums are ready if few.
      let bytes = streams || g.denseBytes < first ? 0 : block.size * g.arithmetic.bytes
      let fetch = Double(bytes) * Self.fetch
      return all + max(0, fetch - step(size)) / Double(g.outHeight)
    }
    // gcc runs out of registers for addresses before sums do.
    let most = min(mostPositions, min(accumulators, 18) / vectors)
    return (1...max(1, most)).reversed().min { time($0) < time($1) } ?? usual
  }

  /// What it takes to fetch a byte of weights from the second cache, in halves of a cycle.
  private static let fetch = 0.14

  /// What a step of a tile takes, in halves of a cycle: sums wait for each other unless there are
  /// eight, long instructions are fetched more slowly, and weights come from the second cache.
  private static func step(_ sums: Int, _ streams: Bool) -> Double {
    Double(max(sums, 9)) + 0.35 * Double(max(0, sums - 12)) + (streams ? 10 : 0)
  }

  func run(_ block: ChannelBlock, _ n: Expr, _ number: Expr, _ perGroup: Int) {
    let first = number * perGroup + block.first
    builder.loop("b", block.repeats) { index in
      let channel = builder.define("co", first + index * block.size)
      builder.loop("oy", g.outHeight) { oy in
        let rows = g.taps(0, oy, builder)
        row(block, n, number, channel, oy, rows)
      }
    }
  }

  private func row(
    _ block: ChannelBlock, _ n: Expr, _ number: Expr, _ channel: Expr, _ oy: Expr,
    _ rows: (from: Expr, to: Expr)
  ) {
    let inner = g.inner
    let size = Self.positions(
      g, block, lanes, target,
      accumulators: target.accumulators(lanes: lanes, of: g.arithmetic.element))
    func single(_ ox: Expr) {
      tile(block, n, number, channel, oy, ox, 1, rows, g.taps(1, ox, builder))
    }
    func whole(_ ox: Expr, _ count: Int) {
      let all = (from: Expr.integer(0), to: Expr.integer(g.window.kernel[1]))
      tile(block, n, number, channel, oy, ox, count, rows, all)
    }
    builder.loop("ox", to: .integer(inner.lowerBound)) { single($0) }
    let full = inner.lowerBound + inner.count / size * size
    builder.loop("ox", from: .integer(inner.lowerBound), to: .integer(full), step: size) {
      whole($0, size)
    }
    if inner.upperBound > full { whole(.integer(full), inner.upperBound - full) }
    builder.loop("ox", from: .integer(inner.upperBound), to: .integer(g.outWidth)) { single($0) }
  }

  private func tile(
    _ block: ChannelBlock, _ n: Expr, _ number: Expr, _ channel: Expr, _ oy: Expr, _ ox: Expr,
    _ count: Int, _ rows: (from: Expr, to: Expr), _ columns: (from: Expr, to: Expr)
  ) {
    let sums = TileAccumulators(
      positions: count, block: block, available: lanes, channel: channel, g.arithmetic,
      builder)
    let depth = g.weight.type.shape[1]
    let w = g.window
    let image = g.x.at([n, number * depth, .integer(0), .integer(0)])
    let place = (oy * w.strides[0] - w.begin[0]) * g.strideH
    let column = (ox * w.strides[1] - w.begin[1]) * g.strideW
    let start = builder.define("x0", image + place + column)
    let table = builder.define("w0", packed.offset(channel))
    builder.loop("ky", from: rows.from, to: rows.to) { ky in
      let line = start + ky * (w.dilations[0] * g.strideH)
      let lineWeights = table + ky * (w.kernel[1] * depth * block.size)
      depthLoops(columns, depth, block, line, lineWeights) { x, weights in
        let step = w.strides[1] * g.strideW
        let activations = (0..<count).map { Expr.load(g.x.buffer, x + $0 * step, lanes: 1) }
        sums.accumulate(weights, packed.buffer, activations, builder)
      }
    }
    if let turned {
      turn(sums, turned, block, n, channel, oy, ox)
    } else {
      store(sums, n, channel, oy, ox)
    }
  }

  /// Loops over columns of the window and input channels, as one loop where both lie in a row.
  private func depthLoops(
    _ columns: (from: Expr, to: Expr), _ depth: Int, _ block: ChannelBlock, _ line: Expr,
    _ weights: Expr, _ body: (Expr, Expr) -> Void
  ) {
    let strideC = g.x.strides[1]
    let tap = g.window.dilations[1] * g.strideW
    if tap == depth * strideC, g.group == 1 || g.window.kernel[1] == 1 {
      let (from, to) = (columns.from * depth, columns.to * depth)
      return builder.loop("k", from: from, to: to) { k in
        body(line + k * strideC, weights + k * block.size)
      }
    }
    builder.loop("kx", from: columns.from, to: columns.to) { kx in
      builder.loop("ci", depth) { ci in
        let place = line + kx * tap + ci * strideC
        body(place, weights + (kx * depth + ci) * block.size)
      }
    }
  }

  /// Stores vectors of channels one by one, by way of memory.
  private func turn(
    _ sums: TileAccumulators, _ turned: TensorView, _ block: ChannelBlock, _ n: Expr,
    _ channel: Expr, _ oy: Expr, _ ox: Expr
  ) {
    for (position, row) in sums.variables.enumerated() {
      for (vector, variable) in row.enumerated() {
        let place = Expr.integer(position * block.size + vector * sums.lanes)
        builder.emit(.store(turned.buffer, place, .variable(variable)))
      }
    }
    builder.loop("c", block.size) { number in
      for position in 0..<sums.positions {
        let value = Expr.load(turned.buffer, number + position * block.size, lanes: 1)
        let index = [n, channel + number, oy, ox + position]
        builder.store(finish(value, index), to: g.y, at: index)
      }
    }
  }

  private func store(
    _ sums: TileAccumulators, _ n: Expr, _ channel: Expr, _ oy: Expr, _ ox: Expr
  ) {
    builder.laneAxis = 1
    for (position, row) in sums.variables.enumerated() {
      for (vector, variable) in row.enumerated() {
        let index = [n, channel + vector * sums.lanes, oy, ox + position]
        builder.store(finish(.variable(variable), index), to: g.y, at: index)
      }
    }
  }
}

extension ConvolutionGeometry {
  /// Bytes of the weights of some channels.
  fileprivate func bytes(of block: ChannelBlock) -> Int {
    block.size * weight.type.shape[1...].reduce(weight.type.element.bits / 8, *)
  }
}
