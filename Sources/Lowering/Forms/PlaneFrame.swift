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
  /// How columns beside a result's own are met with the widest vectors.
  let aside: PlaneCut.Aside
  private let target: Target
  private let ends: PlaneEnds
  /// How vectors of each width cover planes.
  private let cuts: [PlaneCut]

  /// Looks at a convolution; `nil` where results do not lie row by row, or rows do not go into tiles.
  ///
  /// - Parameters:
  ///   - g: The convolution.
  ///   - site: Where it stands.
  ///   - columns: Of its window.
  ///   - height: Rows of weights that are taken together.
  ///   - aside: How columns beside a result's own are met.
  ///   - target: Says what registers there are.
  init?(
    _ g: ConvolutionGeometry, _ site: Site, _ columns: WindowColumns, height: Int,
    aside: PlaneCut.Aside, _ target: Target
  ) {
    guard let ends = PlaneEnds(g, site, target) else { return nil }
    (self.g, self.columns, self.target, self.ends) = (g, columns, target, ends)
    (self.height, self.aside) = (height, aside)
    operand = PlaneOperand(g, site, target, beside: columns.beside(g.window))
    let all = target.vectors(of: g.arithmetic.element).map {
      PlaneCut(
        g, columns, height: height, aside, target, lanes: $0 / g.arithmetic.bytes,
        separate: !ends.hasRoom)
    }
    guard let first = all.first, let first, first.aside == aside else { return nil }
    widest = first.tiling
    cuts = all.compactMap { $0 }
  }

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
    guard waits else { return 0 }
    let sizes = cuts.map { $0.aside == .reading ? 0 : $0.tiling.size * $0.tiling.lanes }
    return (aside == .waitingForAll ? g.y.shape[1] : height) * (sizes.max() ?? 0)
  }

  /// Where rows end, if tiles of some vectors begin anywhere in them.
  var edges: PlaneEdges? {
    let reach = cuts.filter(\.readsEdges).map { $0.tiling.size * $0.tiling.lanes }.max()
    return reach.flatMap { PlaneEdges(g, columns, reach: $0) }
  }

  /// Whether sums wait in memory.
  private var waits: Bool {
    (aside == .waiting || aside == .waitingForAll) && columns.areOnBothSides
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
    if aside != .reading {
      work[.move] = work[.store] * Double(columns.left.count + columns.right.count)
    }
    // Sums that wait are stored once more.
    if aside == .waiting, waits { work[.store] *= 2 }
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
    if cuts.first?.readsEdges == true {
      // The edges of a tile's rows are looked up for each column.
      work[.move] += 2 * work[.tile] * Double((columns.order.count - 1) * widest.size)
    }
    // What reading from beside crosses is hidden behind the products that share a load.
    let rows = g.window.kernel[0]
    if rows > 1, g.window.dilations[0] * g.width % widest.lanes != 0 {
      work[.reach] = work[.load] * Double(rows - 1) / Double(rows)
    }
    return work
  }

  /// Counts loads from beside, and what makes lanes of other rows zeros, where few products share a
  /// load.
  func readsBeside(_ work: inout Work) {
    guard aside == .reading else { return }
    let beside = work[.load] * Double(columns.order.count - 1) / Double(columns.order.count)
    work[.reach] = max(work[.reach], beside)
    work[.move] += beside
  }

  /// One tile of a plane.
  struct Tile {
    let n: Expr
    /// The first position.
    let place: Expr
    /// Vectors.
    let count: Int
    let lanes: Int
    /// How columns beside a result's own are met.
    var aside = PlaneCut.Aside.moving
    /// Whether it begins where a row does.
    var isByRows = true
    /// Whether it is the last of its plane.
    let isLast: Bool

    /// The column of its first position; `nil` if that is not known.
    func column(_ width: Int) -> Int? {
      if isByRows { return 0 }
      guard case .integer(let place) = place else { return nil }
      return place % width
    }
  }

  /// Builds the loops over images and tiles.
  ///
  /// - Parameters:
  ///   - title: What the kernel is.
  ///   - builder: Takes the statements.
  ///   - body: Builds a tile of vectors for all channels.
  ///   - numbers: Builds an image one by one, where there are no vectors.
  /// - Returns: The kernel.
  /// - Throws: What the tail throws.
  func emit(
    _ title: String, _ builder: LoopBuilder,
    tile body: (_ sums: PlaneSums, _ operand: PlaneOperand, Tile) -> Void,
    numbers: (_ sums: PlaneSums, _ operand: PlaneOperand, _ n: Expr) -> Void
  ) throws(DiagnosticMessage) -> Kernel {
    let operand = operand.placed(builder)
    let last = ends.placed(builder)
    let parts = partCount > 0 ? builder.scratch(g.y.element, [partCount], "parts") : nil
    let results = PlaneResults(g: g, height: height, last: last, builder: builder)
    let sums = PlaneSums(
      results: results, columns: columns, operand: operand, parts: parts,
      edges: edges?.placed(g, builder))
    return try kernel(title, vectors: true, builder, target, of: g.arithmetic.element) { lanes in
      operand.clear(builder)
      builder.laneAxis = 3
      builder.loop("n", g.y.shape[0]) { n in
        operand.fill(n, lanes: lanes, builder)
        guard let cut = cuts.first(where: { $0.tiling.lanes == lanes }) else {
          return numbers(sums, operand, n)
        }
        let (size, rest) = (cut.tiling.size, cut.tiling.rest)
        let whole = cut.tiling.whole * size * lanes
        func tile(at place: Expr, _ count: Int, isLast: Bool) {
          let tile = Tile(
            n: n, place: place, count: count, lanes: lanes, aside: cut.aside,
            isByRows: cut.isByRows, isLast: isLast)
          body(sums, operand, tile)
        }
        builder.loop("p", to: .integer(whole), step: size * lanes) {
          tile(at: $0, size, isLast: false)
        }
        if rest > 0 { tile(at: .integer(whole), rest, isLast: true) }
      }
    }
  }

}
