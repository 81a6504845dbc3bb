import CoppiceIR

/// What convolutions have in common that have a filter for each channel and compute a channel's plane
/// at once, tap after tap, in any steps: results lie in vectors whatever the width of an image, and
/// activations are gathered from planes whose rows lie side by side.
struct TapFrame {
  let g: ConvolutionGeometry
  let operand: PlaneOperand
  let target: Target
  private let ends: PlaneEnds
  /// How the widest vectors cover a plane.
  let widest: PlaneTiling

  /// Looks at a convolution; `nil` where it is of another kind, or its results do not lie row by row.
  init?(_ g: ConvolutionGeometry, _ site: Site, _ target: Target) {
    guard target.hasWideVectors, g.isDepthwise, g.arithmetic.element == .float32,
      WindowColumns(g) == nil, g.window.kernel[0] * g.window.kernel[1] <= 25,
      let ends = PlaneEnds(g, site, target)
    else { return nil }
    (self.g, self.target, self.ends) = (g, target, ends)
    let lanes = target.lanes(of: g.arithmetic.element)
    guard let tiling = Self.tiling(g, lanes, target, separate: !ends.hasRoom) else { return nil }
    widest = tiling
    let loads = target.vectors(of: g.arithmetic.element).compactMap { bytes in
      Self.tiling(g, bytes / g.arithmetic.bytes, target, separate: !ends.hasRoom).map {
        Self.end(g, $0)
      }
    }
    operand = PlaneOperand(g, site, target, margin: Self.margin(g), end: loads.max() ?? 0)
  }

  private static func tiling(
    _ g: ConvolutionGeometry, _ lanes: Int, _ target: Target, separate: Bool
  ) -> PlaneTiling? {
    let most = min(8, target.accumulators(lanes: lanes, of: g.arithmetic.element) / 2)
    return PlaneTiling(
      g.outHeight * g.outWidth, width: g.outWidth, lanes: lanes, most: max(1, min(most, 4)),
      limit: max(1, most), separate: separate)
  }

  /// Elements that windows reach beyond a plane's first and last.
  private static func margin(_ g: ConvolutionGeometry) -> (above: Int, below: Int) {
    let w = g.window
    let right = (g.outWidth - 1) * w.strides[1] + w.reach(1) - 1 - w.begin[1] - (g.width - 1)
    return (PlaneOperand.above(g) + w.begin[1], PlaneOperand.below(g) + max(0, right))
  }

  // MARK: - Places

  /// Elements from a plane's begin to the first result's first activation.
  private static func first(_ g: ConvolutionGeometry) -> Int {
    -PlaneOperand.above(g) - g.window.begin[1]
  }

  /// How far activations of neighbouring rows and columns of the window lie apart.
  var steps: (row: Int, column: Int) {
    (g.window.dilations[0] * g.width, g.window.dilations[1])
  }

  /// Elements between the activations of neighbouring rows of results.
  private static func row(_ g: ConvolutionGeometry) -> Int { g.window.strides[0] * g.width }

  /// How the vectors of a tile find their activations.
  ///
  /// - Parameters:
  ///   - tiling: Of planes.
  ///   - isLast: Whether it is the tile of what is left.
  /// - Returns: For each vector, counted from the tile's first activation.
  func gathers(_ tiling: PlaneTiling, isLast: Bool) -> [PlaneGather] {
    Self.gathers(g, tiling, isLast: isLast)
  }

  private static func gathers(
    _ g: ConvolutionGeometry, _ tiling: PlaneTiling, isLast: Bool
  ) -> [PlaneGather] {
    let left = g.outHeight * g.outWidth - tiling.whole * tiling.size * tiling.lanes
    return (0..<(isLast ? tiling.rest : tiling.size)).map { vector in
      PlaneGather(
        (0..<tiling.lanes).map { lane in
          let place = vector * tiling.lanes + lane
          if isLast, place >= left { return nil }
          let (y, x) = place.quotientAndRemainder(dividingBy: g.outWidth)
          return y * row(g) + x * g.window.strides[1]
        })
    }
  }

  /// Elements from a plane's begin to the end of the last load.
  private static func end(_ g: ConvolutionGeometry, _ tiling: PlaneTiling) -> Int {
    let w = g.window
    let tap = (w.reach(0) - 1) * g.width + w.reach(1) - 1 + first(g)
    func last(_ tiles: Int, isLast: Bool) -> Int {
      let rows = tiles * tiling.size * tiling.lanes / g.outWidth
      let ends = gathers(g, tiling, isLast: isLast).map(\.end)
      return rows * row(g) + (ends.max() ?? 0) + tap
    }
    return max(
      tiling.whole > 0 ? last(tiling.whole - 1, isLast: false) : 0,
      tiling.rest > 0 ? last(tiling.whole, isLast: true) : 0)
  }

  /// Whether a result, counted from the begin of a row, has an activation in a column of the window.
  func isMet(_ column: Int, _ place: Int) -> Bool {
    let x = place % g.outWidth * g.window.strides[1]
    return 0..<g.width ~= x + column * steps.column - g.window.begin[1]
  }

  /// Results of a tile, at most.
  var places: Int { tilings.map { max($0.size, $0.rest) * $0.lanes }.max() ?? 0 }

  /// How vectors of each width cover a plane.
  private var tilings: [PlaneTiling] {
    target.vectors(of: g.arithmetic.element).compactMap {
      Self.tiling(g, $0 / g.arithmetic.bytes, target, separate: !ends.hasRoom)
    }
  }

  /// Whether windows reach beyond the rows of an image.
  var hasEdges: Bool { g.inner != 0..<g.outWidth }

  // MARK: - Work

  /// Bytes of memory beside operands and results.
  var scratch: Int { operand.bytes + ends.scratch }

  /// What is done for some taps of all channels.
  ///
  /// - Parameters:
  ///   - taps: In all.
  ///   - masks: Vectors that are loaded for a vector of each tap, beside activations.
  /// - Returns: Tiles, turns, loads, products, stores and copies.
  func work(_ taps: Double, masks: Double) -> Work {
    let images = Double(g.y.shape[0])
    func sum(_ count: (PlaneGather) -> Int) -> Double {
      func tile(_ isLast: Bool) -> Int {
        gathers(widest, isLast: isLast).reduce(0) { $0 + count($1) }
      }
      return Double(widest.whole * tile(false) + tile(true))
    }
    var work = Work()
    work[.tile] = Double(g.group * widest.tiles) * images
    work[.line] = Double(g.group) * images
    work[.step] = taps * Double(widest.tiles) * images
    work[.load] = taps * images * (sum { $0.starts.count } + masks * Double(widest.vectors))
    work[.move] = taps * images * sum { $0.moves }
    work[.fma] = taps * images * Double(widest.vectors)
    work[.store] = Double(g.group * widest.vectors) * images
    work.copies(operand.written, bytes: operand.copiedBytes, target)
    work[.row] = images * operand.rows
    work[.copy] += ends.copied
    return work
  }

  // MARK: - Loops

  /// Builds the loops over images.
  ///
  /// - Parameters:
  ///   - builder: Takes the statements.
  ///   - image: Builds an image with the tiling of vectors.
  ///   - numbers: Builds an image one by one, where there are no vectors.
  /// - Returns: The kernel.
  /// - Throws: What the tail throws.
  func emit(
    _ builder: LoopBuilder,
    image: (_ n: Expr, _ planes: TapPlanes, PlaneTiling) -> Void,
    numbers: (_ n: Expr, _ planes: TapPlanes) -> Void
  ) throws(DiagnosticMessage) -> Kernel {
    let operand = operand.placed(builder)
    let last = ends.placed(builder)
    let results = PlaneResults(g: g, height: 1, last: last, builder: builder)
    let planes = TapPlanes(
      frame: self, operand: operand, first: Self.first(g), row: Self.row(g), results: results)
    return try kernel("depthwise_taps", vectors: true, builder, target, of: .float32) { lanes in
      operand.clear(builder)
      builder.laneAxis = 3
      builder.loop("n", g.y.shape[0]) { n in
        operand.fill(n, lanes: lanes, builder)
        if lanes > 1, let tiling = Self.tiling(g, lanes, target, separate: !ends.hasRoom) {
          image(n, planes, tiling)
        } else {
          numbers(n, planes)
        }
      }
    }
  }
}

/// The planes of a convolution that computes tap after tap.
struct TapPlanes {
  let frame: TapFrame
  let operand: PlaneOperand
  /// Elements from a plane's begin to the first result's first activation.
  let first: Int
  /// Elements between the activations of neighbouring rows of results.
  let row: Int
  let results: PlaneResults

  /// Where the first result of a channel has its first activation.
  func start(_ n: Expr, _ channel: Expr) -> Expr { operand.at(n, channel) + first }

  /// Computes the plane of a channel.
  ///
  /// - Parameters:
  ///   - n: The image.
  ///   - channel: The channel.
  ///   - tiling: How vectors cover planes.
  ///   - taps: Adds all taps to the sums of a tile, whose first activation of the first tap it gets.
  func plane(
    _ n: Expr, _ channel: Expr, _ tiling: PlaneTiling,
    _ taps: (_ base: Expr, _ sums: [Variable], _ gathers: [PlaneGather]) -> Void
  ) {
    let builder = results.builder
    let start = builder.define("x0", start(n, channel))
    let (rows, places) = (
      tiling.size * tiling.lanes / frame.g.outWidth, tiling.size * tiling.lanes
    )
    func tile(_ number: Expr, _ count: Int, isLast: Bool) {
      let base = builder.define("xt", start + number * (rows * row))
      let sums = results.starts(channel, count, tiling.lanes)
      taps(base, sums[0], frame.gathers(tiling, isLast: isLast))
      let tile = PlaneFrame.Tile(
        n: n, place: number * places, count: count, lanes: tiling.lanes, isLast: isLast)
      results.store(sums, channel, tile)
    }
    builder.loop("t", tiling.whole) { tile($0, tiling.size, isLast: false) }
    if tiling.rest > 0 { tile(.integer(tiling.whole), tiling.rest, isLast: true) }
  }
}
