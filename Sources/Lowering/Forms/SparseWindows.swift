import CoppiceIR

/// Sparse windows in vectors where there are wide ones, else in tiles of numbers.
struct SparseWindows {
  private let g: ConvolutionGeometry
  /// Tiles of numbers.
  private let scalars: SparseTiling
  /// Whether numbers are read from a padded copy too, as vectors always are.
  private let readsCopy: Bool
  private let hasVectors: Bool
  /// Whether a result may be stored twice.
  private let overlapping: Bool

  /// Decides for vectors.
  ///
  /// - Parameters:
  ///   - g: The convolution.
  ///   - site: Where it stands.
  ///   - target: Says whether it has wide vectors.
  ///   - scalars: Tiles of numbers.
  ///   - readsCopy: Whether those are of the padded copy.
  init(
    _ g: ConvolutionGeometry, _ site: Site, _ target: Target, scalars: SparseTiling, readsCopy: Bool
  ) {
    self.g = g
    self.scalars = scalars
    self.readsCopy = readsCopy
    hasVectors =
      target.hasWideVectors && !target.vectors(of: g.arithmetic.element).isEmpty
      && g.y.strides[3] == 1 && g.outWidth >= 4
      && site.tailIsVectorizable(along: 3)
    overlapping = site.tailViews.isEmpty
  }

  /// What it takes.
  func plan(_ weight: SparseWeight, _ storage: StorageKind, _ target: Target) -> Plan {
    let padded = hasVectors || readsCopy ? PaddedOperand(g) : nil
    var work: Work
    if let padded, hasVectors {
      let lanes = target.lanes(of: g.arithmetic.element)
      let tiling = vectors(padded, lanes, weight.height)
      work = Work(vectors: tiling, g, weight, lanes: lanes)
      if weight.height >= 16 {
        // Sums of so many rows leave few registers for the rest; narrow ones are twice as many.
        work[.fma] *= 1.4
        work[.narrow] *= 3
      }
      work[.row] = padded.rows
      work.meets(tiling, padded.geometry, lanes: lanes, target)
      let apart = padded.geometry.x.strides[1] * g.arithmetic.bytes
      work.enters(g.x.shape[1] / g.group, apart: apart, times: work[.step], target)
      work.reads(weight.bytes, passes: work[.tile] / Double(weight.blockRows), target)
    } else {
      work = Work(scalars: scalars, padded?.geometry ?? g, weight, target)
    }
    if let padded { work.copies(padded.written, bytes: padded.copiedBytes, target) }
    if hasVectors, g.strideW != 1 { work[.reach] = Double(g.x.count) }
    let isSingle = weight.layout.windowRows < g.window.kernel[0]
    let form =
      hasVectors
      ? "sparse_conv"
      : (readsCopy ? "sparse_conv_padded" : isSingle ? "sparse_conv_single" : "sparse_conv")
        + (target.vectors.isEmpty ? "" : "_scalar")
    return Plan(
      form, storage, bytes: weight.bytes, scratch: padded?.bytes ?? 0, work, target
    ) { builder throws(DiagnosticMessage) in try emit(builder, target) }
  }

  private func vectors(_ padded: PaddedOperand, _ lanes: Int, _ height: Int) -> SparseTiling {
    SparseTiling(padded.geometry, vectors: lanes, height: height, overlapping: overlapping)
  }

  private func emit(_ builder: LoopBuilder, _ target: Target) throws(DiagnosticMessage) -> Kernel {
    let table = builder.sparseTable(g.weight, g.operand, rowAxis: 0)
    let padded = hasVectors || readsCopy ? PaddedOperand(g, builder) : nil
    return try CoppiceLowering.kernel(
      "sparse_conv", vectors: hasVectors, builder, target, of: g.arithmetic.element
    ) { (lanes) throws(DiagnosticMessage) in
      guard let padded, lanes > 1 || readsCopy else {
        let tile = SparseWindowTile(g: g, table: table, tiling: scalars, builder: builder)
        return builder.loop("n", g.y.shape[0]) { tile.run($0) }
      }
      let tiling = lanes > 1 ? vectors(padded, lanes, table.height) : scalars
      let tile = SparseWindowTile(
        g: padded.geometry, table: table, tiling: tiling, builder: builder, padded: padded)
      padded.clear(builder)
      builder.laneAxis = 3
      builder.loop("n", g.y.shape[0]) { n in
        padded.fill(n, builder)
        tile.run(n)
      }
    }
  }
}

extension Work {
  /// Counts tiles of vectors, which meet every tap.
  fileprivate init(
    vectors tiling: SparseTiling, _ g: ConvolutionGeometry, _ weight: SparseWeight, lanes: Int
  ) {
    let (tiles, parts, whole) = tiling.counts(g, lanes: lanes)
    let images = Double(g.y.shape[0])
    count(weight, tiles: images * tiles, visits: images * tiles, parts: images * parts)
    let each = weight.slots * Double(weight.height) * images
    (self[.fma], self[.narrow]) = (each * whole, each * (parts - whole))
  }

  /// Counts activations of tiles that the first cache does not hold from one filter to the next;
  /// neighbouring vectors come in turn, half of them before they are asked for.
  fileprivate mutating func meets(
    _ tiling: SparseTiling, _ g: ConvolutionGeometry, lanes: Int, _ target: Target
  ) {
    guard let caches = target.caches else { return }
    let width = (tiling.pieces.map(\.width).max() ?? 0) + g.window.reach(1) - 1
    let height = (tiling.innerRows - 1) * g.window.strides[0] + g.window.reach(0)
    let channels = g.x.shape[1] / g.group
    let bytes = channels * width * height * g.arithmetic.bytes
    guard bytes > caches.first else { return }
    let beyond = 1 - Double(caches.first) / Double(bytes)
    let read = self[.fma] * Double(lanes) + self[.narrow] * Double(lanes) / 2
    self[.near] += read * Double(g.arithmetic.bytes) / 2 * beyond
  }

  /// Counts tiles of numbers; rows at the edges only visit the rows of the window that they meet.
  fileprivate init(
    scalars tiling: SparseTiling, _ g: ConvolutionGeometry, _ weight: SparseWeight,
    _ target: Target
  ) {
    let (tiles, parts, _) = tiling.counts(g)
    let images = Double(g.y.shape[0])
    let (rows, columns) = (Double(g.window.kernel[0]), Double(g.window.kernel[1]))
    var visits = tiles
    if !tiling.isWhole, weight.layout.windowRows == g.window.kernel[0] {
      let edges = tiling.inner.isEmpty ? g.outHeight : g.outHeight - tiling.inner.count
      let top = g.met(0, 0..<tiling.inner.lowerBound)
      let taps =
        tiling.inner.isEmpty
        ? g.met(0, g.outRows) : top + g.met(0, tiling.inner.upperBound..<g.outHeight)
      let across = tiling.pieces.reduce(0) { $0 + $1.repeats }
      visits -= Double(across) * (Double(edges) - Double(taps) / rows)
    }
    count(weight, tiles: images * tiles, visits: images * visits, parts: images * parts)
    let met = Double(g.met(0, g.outRows)) * Double(g.met(1, 0..<g.outWidth)) / (rows * columns)
    self[.load] = weight.slots * images * met
    self[.fma] = weight.slots * Double(weight.height) * images * met
    let part = met / Double(g.outHeight * g.outWidth)
    reaches(tiling, g, weight, times: images * part, target)
  }

  /// Counts what single results of a tile read and store too far from its first.
  private mutating func reaches(
    _ tiling: SparseTiling, _ g: ConvolutionGeometry, _ weight: SparseWeight, times met: Double,
    _ target: Target
  ) {
    let steps = (row: g.window.strides[0] * g.strideH, column: g.window.strides[1] * g.strideW)
    let stored = Double(weight.blockRows * weight.height * g.y.shape[0])
    let edges = tiling.isWhole ? 0 : g.outHeight - tiling.inner.count
    let inner = tiling.isWhole ? 1 : tiling.inner.count / tiling.innerRows
    for (tiles, rows) in [
      (edges, 1), (inner, tiling.isWhole ? g.outHeight : tiling.innerRows),
    ] {
      for piece in tiling.pieces {
        let count = Double(tiles * piece.repeats)
        let parts = (0..<rows).flatMap { piece.parts(row: $0, steps) }
        reaches(parts.map(\.x), times: weight.slots * met * count, target)
        let places = parts.map { $0.row * g.y.strides[2] + $0.column * g.y.strides[3] }
        reaches(places, times: stored * count, target)
      }
    }
  }

  private mutating func count(
    _ weight: SparseWeight, tiles: Double, visits: Double, parts: Double
  ) {
    let blocks = Double(weight.blockRows)
    self[.tile] = blocks * tiles
    self[.line] = weight.lines * visits
    self[.step] = weight.slots * visits
    self[.load] = weight.slots * parts
    self[.store] = blocks * Double(weight.height) * parts
    // A predictor keeps the ends of the loops over taps as well.
    tests(weight, passes: tiles, learnt: 4096)
  }
}
