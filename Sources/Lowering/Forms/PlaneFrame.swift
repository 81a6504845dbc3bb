import CoppiceIR

/// What convolutions over planes have in common: where operand and results lie, and how planes are cut
/// into tiles of vectors.
struct PlaneFrame {
  let g: ConvolutionGeometry
  let columns: WindowColumns
  let operand: PlaneOperand
  /// The tiles of the widest vectors.
  let widest: PlaneTiling
  /// Rows of weights that are taken together.
  let height: Int
  private let waiting: Waiting
  private let target: Target
  private let ends: PlaneEnds

  /// Which sums of columns on one side of a result wait in memory for those on the other, so that
  /// registers hold those of one side alone.
  enum Waiting {
    case none
    /// Those of the channels that are taken together.
    case block
    /// Those of all channels, one side of which is computed first.
    case all
  }

  /// Looks at a convolution; `nil` where results do not lie row by row, or rows do not go into tiles.
  ///
  /// - Parameters:
  ///   - g: The convolution.
  ///   - site: Where it stands.
  ///   - columns: Of its window.
  ///   - height: Rows of weights that are taken together.
  ///   - waiting: Which sums wait in memory.
  ///   - target: Says what registers there are.
  init?(
    _ g: ConvolutionGeometry, _ site: Site, _ columns: WindowColumns, height: Int,
    waiting: Waiting, _ target: Target
  ) {
    guard let ends = PlaneEnds(g, site, target) else { return nil }
    (self.g, self.columns, self.target, self.ends) = (g, columns, target, ends)
    (self.height, self.waiting) = (height, waiting)
    operand = PlaneOperand(g, site, target)
    let lanes = target.lanes(of: g.arithmetic.element)
    let most = Self.most(g, columns, height, waiting, target, lanes)
    guard let tiling = Self.tiling(g, columns, most, lanes, separate: !ends.hasRoom) else {
      return nil
    }
    widest = tiling
  }

  private static func tiling(
    _ g: ConvolutionGeometry, _ columns: WindowColumns, _ most: (Int, limit: Int), _ lanes: Int,
    separate: Bool
  ) -> PlaneTiling? {
    PlaneTiling(
      g.outHeight * g.outWidth, width: columns.moves ? g.width : 1, lanes: lanes, most: most.0,
      limit: most.limit, separate: separate)
  }

  /// Vectors that a tile should have at most, and those that it may have.
  private static func most(
    _ g: ConvolutionGeometry, _ columns: WindowColumns, _ height: Int, _ waiting: Waiting,
    _ target: Target, _ lanes: Int
  ) -> (Int, limit: Int) {
    let registers = target.accumulators(lanes: lanes, of: g.arithmetic.element)
    if waiting == .all { return (max(1, registers / height), max(1, registers / height)) }
    let sets = waiting == .none && columns.areOnBothSides ? 2 : 1
    let vector = g.x.shape[1] / g.group * lanes * g.arithmetic.bytes
    let cached = max(height == 1 ? 5 : 3, tileBytes / max(vector, 1))
    let limit = max(1, min(registers / sets / height, height == 1 ? 8 : 6))
    // With more sums than sixteen that are moved, gcc keeps some in memory.
    let most = columns.moves && height > 1 ? max(1, 16 / height) : limit
    return (min(limit, most, cached), limit)
  }

  /// Bytes of activations that a tile should read again and again at most, about what a first cache
  /// holds.
  private static let tileBytes = 40960

  /// Channels that a filter reads.
  private var depth: Int { g.x.shape[1] / g.group }

  /// Bytes of a channel that a tile reads again and again.
  private var bytesOfRun: Int {
    let above = (g.window.kernel[0] - 1) * g.window.dilations[0] * g.width
    return (widest.size * widest.lanes + above) * g.arithmetic.bytes
  }

  /// Bytes of memory beside operands and results.
  var scratch: Int { operand.bytes + ends.scratch + partCount * g.arithmetic.bytes }

  /// Elements of sums that wait for those of other columns.
  private var partCount: Int {
    guard waiting != .none, columns.areOnBothSides else { return 0 }
    let sizes = target.vectors(of: g.arithmetic.element).map { bytes -> Int in
      let lanes = bytes / g.arithmetic.bytes
      return tiling(lanes).map { $0.size * lanes } ?? 0
    }
    return (waiting == .all ? g.y.shape[1] : height) * (sizes.max() ?? 0)
  }

  /// How vectors of some lanes cover a plane.
  private func tiling(_ lanes: Int) -> PlaneTiling? {
    let most = Self.most(g, columns, height, waiting, target, lanes)
    return Self.tiling(g, columns, most, lanes, separate: !ends.hasRoom)
  }

  /// What is done whatever the weights are.
  ///
  /// - Parameter taps: Vectors of activations that are loaded for each vector of positions.
  /// - Returns: Tiles, stores, copies, and the loads that may cross lines of the cache.
  func work(loads taps: Double) -> Work {
    let images = Double(g.y.shape[0])
    let vectors = images * Double(widest.vectors)
    var work = Work()
    work[.tile] = Double(g.y.shape[1] / height) * images * Double(widest.tiles)
    work[.load] = taps * vectors
    work[.store] = Double(g.y.shape[1]) * vectors
    work[.move] = work[.store] * Double(columns.left.count + columns.right.count)
    // Sums that wait are stored once more.
    if waiting == .block, columns.areOnBothSides { work[.store] *= 2 }
    work.copies(operand.written, bytes: operand.copiedBytes, target)
    work[.row] = images * operand.rows
    work[.copy] += ends.copied
    let apart = operand.step * g.arithmetic.bytes
    work.enters(depth, apart: apart, times: taps * images * Double(widest.tiles), target)
    let read = depth * bytesOfRun
    if let held = target.caches?.first(run: bytesOfRun, apart: apart), read > held {
      // Neighbouring vectors come in turn, half of them before they are asked for.
      let beyond = 1 - Double(held) / Double(read)
      work[.near] += work[.load] * Double(widest.lanes * g.arithmetic.bytes) / 2 * beyond
    }
    let rows = g.window.kernel[0]
    if rows > 1, g.window.dilations[0] * g.width % widest.lanes != 0 {
      work[.reach] = work[.load] * Double(rows - 1) / Double(rows)
    }
    return work
  }

  /// One tile of a plane.
  struct Tile {
    let n: Expr
    /// The first position.
    let place: Expr
    /// Vectors.
    let count: Int
    let lanes: Int
    /// Whether it is the last of its plane.
    let isLast: Bool
  }

  /// Builds the loops over images and tiles.
  ///
  /// - Parameters:
  ///   - title: What the kernel is.
  ///   - builder: Takes the statements.
  ///   - tile: Builds a tile of vectors for all channels.
  ///   - numbers: Builds an image one by one, where there are no vectors.
  /// - Returns: The kernel.
  /// - Throws: What the tail throws.
  func emit(
    _ title: String, _ builder: LoopBuilder,
    tile: (_ sums: PlaneSums, _ operand: PlaneOperand, Tile) -> Void,
    numbers: (_ sums: PlaneSums, _ operand: PlaneOperand, _ n: Expr) -> Void
  ) throws(DiagnosticMessage) -> Kernel {
    let operand = operand.placed(builder)
    let last = ends.placed(builder)
    let parts = partCount > 0 ? builder.scratch(g.y.element, [partCount], "parts") : nil
    let results = PlaneResults(g: g, height: height, last: last, builder: builder)
    let sums = PlaneSums(results: results, columns: columns, parts: parts)
    return try kernel(title, vectors: true, builder, target, of: g.arithmetic.element) { lanes in
      operand.clear(builder)
      builder.laneAxis = 3
      builder.loop("n", g.y.shape[0]) { n in
        operand.fill(n, lanes: lanes, builder)
        guard lanes > 1, let tiling = tiling(lanes) else { return numbers(sums, operand, n) }
        let (size, whole) = (tiling.size, tiling.whole * tiling.size * lanes)
        builder.loop("p", to: .integer(whole), step: size * lanes) { place in
          tile(sums, operand, Tile(n: n, place: place, count: size, lanes: lanes, isLast: false))
        }
        guard tiling.rest > 0 else { return }
        let rest = Tile(
          n: n, place: .integer(whole), count: tiling.rest, lanes: lanes, isLast: true)
        tile(sums, operand, rest)
      }
    }
  }
}
