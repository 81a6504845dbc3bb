import CoppiceIR

/// Depthwise convolution with one filter for each channel: tiles of positions, channels in the lanes.
///
/// Weights are packed as `[block][tap][channel of the block]`. The columns of the window are
/// unrolled, so that neighbouring positions share what they load.
struct DepthwiseConvolution: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage == .dense, let g = site.convolution, g.isDepthwise else { return nil }
    let vectors =
      g.y.strides[1] == 1 && g.x.strides[1] == 1
      && !target.vectors(of: g.arithmetic.element).isEmpty && site.tailIsVectorizable(along: 1)
    let blocks = ChannelBlock.cover(g.group, sizes: vectors ? [16, 8, 4, 1] : [1])
    let lanes = vectors ? target.lanes(of: g.arithmetic.element) : 1
    var work = Work()
    for block in blocks { work.tiles(g, block, lanes, target) }
    work[.store] = Double(g.y.count) / Double(lanes)
    if vectors { work.reads(g.x.element.byteCount(g.x.count), passes: 1, target) }
    return Plan(
      vectors || target.vectors.isEmpty ? "depthwise" : "depthwise_scalar", .dense,
      bytes: g.denseBytes, isInteger: !g.arithmetic.isFloat, work, target
    ) { builder throws(DiagnosticMessage) in
      try emit(g, blocks, vectors: vectors, builder, target)
    }
  }

  private func emit(
    _ g: ConvolutionGeometry, _ blocks: [ChannelBlock], vectors: Bool, _ builder: LoopBuilder,
    _ target: Target
  ) throws(DiagnosticMessage) -> Kernel {
    let depth = g.window.kernel[0] * g.window.kernel[1]
    let packed = PackedWeights(
      blocks, depth: depth, channels: g.group, builder, g.weight, operand: g.operand
    ) { channel, tap in channel * depth + tap }
    let finish = try g.arithmetic.finishing(builder)
    return try CoppiceLowering.kernel(
      "depthwise", vectors: vectors, builder, target, of: g.arithmetic.element
    ) { (lanes) throws(DiagnosticMessage) in
      let tile = DepthwiseTile(
        g: g, packed: packed, builder: builder, lanes: lanes, finish: finish)
      builder.loop("n", g.y.shape[0]) { n in
        for block in blocks { tile.run(block, n) }
      }
    }
  }
}

extension ConvolutionGeometry {
  /// Whether each channel has one filter of its own.
  var isDepthwise: Bool { group == x.shape[1] && group == y.shape[1] && group > 1 }
}

extension Work {
  /// Counts a run of channel blocks in tiles of positions.
  fileprivate mutating func tiles(
    _ g: ConvolutionGeometry, _ block: ChannelBlock, _ available: Int, _ target: Target
  ) {
    let vectors = block.size / block.lanes(available)
    if DepthwiseRuns.serves(g, block, lanes: available) { return add(DepthwiseRuns(g), block) }
    let inner = g.inner
    let size = DepthwiseTile.positions(g)
    let runs = block.repeats * g.y.shape[0]
    let rows = Double(runs * g.met(0, g.outRows))
    func count(_ tiles: Int, _ positions: Int) {
      let places = Self.places(g, positions)
      let taps = Double(g.window.kernel[1] * vectors)
      self[.tile] += Double(runs * g.outHeight * tiles)
      self[.line] += rows * Double(tiles)
      self[.load] += rows * Double(tiles) * (taps + Double(places.count * vectors))
      self[.fma] += rows * Double(tiles) * taps * Double(positions)
      reaches(places, times: rows * Double(tiles * vectors), target)
    }
    count(inner.count / size, size)
    if inner.count % size > 0 { count(1, inner.count % size) }
    let edges =
      rows * Double(g.met(1, 0..<inner.lowerBound) + g.met(1, inner.upperBound..<g.outWidth))
    let tiles = Double(g.outWidth - inner.count)
    self[.tile] += Double(runs * g.outHeight) * tiles
    self[.line] += rows * tiles
    self[.step] += edges
    self[.load] += edges * Double(2 * vectors)
    self[.fma] += edges * Double(vectors)
  }

  /// Counts a run of channel blocks whose tiles know their columns.
  private mutating func add(_ runs: DepthwiseRuns, _ block: ChannelBlock) {
    let g = runs.g
    let images = Double(block.repeats * g.y.shape[0])
    let within = images * Double(runs.rows.count * g.window.kernel[0])
    let beside = images * Double(g.met(0, g.outRows)) - images * Double(g.met(0, runs.rows))
    for tile in runs.tiles {
      let fma = Double(tile.taps.reduce(0) { $0 + $1.count } * tile.repeats)
      let load = Double(runs.columns(tile) * tile.repeats)
      self[.tile] += images * Double(g.outHeight * tile.repeats)
      self[.line] += beside * Double(tile.repeats)
      self[.load] += (within + beside) * load + beside * Double(g.window.kernel[1] * tile.repeats)
      self[.fma] += (within + beside) * fma
    }
  }

  /// Where a tile's activations lie for one row of the window: neighbours share them.
  private static func places(_ g: ConvolutionGeometry, _ positions: Int) -> [Int] {
    let taps = (0..<g.window.kernel[1]).map { $0 * g.window.dilations[1] }
    let columns = (0..<positions).map { $0 * g.window.strides[1] }
    let all = Set(taps.flatMap { tap in columns.map { $0 + tap } })
    return all.map { $0 * g.strideW }
  }
}

/// The loops of a depthwise convolution for one vector width.
struct DepthwiseTile {
  let g: ConvolutionGeometry
  let packed: PackedWeights
  let builder: LoopBuilder
  let lanes: Int
  let finish: SumFinish

  /// Positions in a tile.
  static func positions(_ g: ConvolutionGeometry) -> Int { g.inner.count == 3 ? 3 : 4 }

  func run(_ block: ChannelBlock, _ n: Expr) {
    if DepthwiseRuns.serves(g, block, lanes: lanes) {
      return DepthwiseRunsTile(runs: DepthwiseRuns(g), tile: self).run(block, n)
    }
    builder.loop("b", block.repeats) { index in
      let channel = builder.define("co", index * block.size + block.first)
      builder.loop("oy", g.outHeight) { oy in
        let rows = g.taps(0, oy, builder)
        let inner = g.inner
        let size = Self.positions(g)
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
      positions: count, block: block, available: lanes, channel: channel, g.arithmetic,
      builder)
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
    store(sums, n, channel, oy, ox)
  }

  /// Stores the results of a tile.
  func store(_ sums: TileAccumulators, _ n: Expr, _ channel: Expr, _ oy: Expr, _ ox: Expr) {
    builder.laneAxis = 1
    for (position, row) in sums.variables.enumerated() {
      for (vector, variable) in row.enumerated() {
        let index = [n, channel + vector * sums.lanes, oy, ox + position]
        builder.store(finish(.variable(variable), index), to: g.y, at: index)
      }
    }
  }

  private func accumulate(_ sums: TileAccumulators, _ weights: Expr, _ x: Expr) {
    let step = g.window.strides[1] * g.strideW
    for vector in 0..<sums.vectors {
      let load = Expr.load(packed.buffer, weights + vector * sums.lanes, lanes: sums.lanes)
      let weight = builder.define("w", g.arithmetic.factor(load))
      for (position, row) in sums.variables.enumerated() {
        let place = x + (position * step + vector * sums.lanes)
        let value = Expr.load(g.x.buffer, place, lanes: sums.lanes)
        builder.accumulate(row[vector], g.arithmetic.activation(value) * weight)
      }
    }
  }
}
