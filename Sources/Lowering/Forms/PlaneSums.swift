import CoppiceIR

/// The sums of a convolution over planes: vectors of neighbouring positions, moved by lanes from one
/// column of the window to the next.
struct PlaneSums {
  let results: PlaneResults
  let columns: WindowColumns
  let operand: PlaneOperand
  /// Where the sums of columns on one side of the result's own wait for those on the other, if they do.
  let parts: TensorView?
  /// Where rows end, for tiles that begin anywhere in them.
  let edges: PlaneEdges?

  private var g: ConvolutionGeometry { results.g }
  private var builder: LoopBuilder { results.builder }
  /// Rows of weights that are taken together.
  var height: Int { results.height }

  /// Computes a tile of some channels.
  ///
  /// - Parameters:
  ///   - block: The channels, as many as `height`.
  ///   - tile: Where the tile lies.
  ///   - isMet: Whether a column contributes anything, where many do not.
  ///   - meet: Adds what a column of the window contributes, given its number in their order.
  func run(
    _ block: Expr, _ tile: PlaneFrame.Tile, isMet: ((_ stage: Int) -> Expr)? = nil,
    _ meet: (_ stage: Int, _ sums: [[Variable]]) -> Void
  ) {
    if tile.aside == .reading {
      let sums = results.starts(block, tile.count, tile.lanes)
      for stage in columns.order.indices { meet(stage, sums) }
      return results.store(sums, block, tile)
    }
    let main = begun(block, tile, isMet: isMet, meet)
    if let parts, tile.aside == .waiting {
      return results.store(joined(main, parts, tile, meet), block, tile)
    }
    let last = columns.order.count - 1
    when(columns.right.count == 1 ? isMet?(last) : nil) {
      for (row, added) in zip(main, ended(tile, meet)) {
        for (sum, part) in zip(row, added) { builder.accumulate(sum, .variable(part)) }
      }
    }
    results.store(main, block, tile)
  }

  /// How a tile reads the activations of a column of the window, given its number in their order.
  func reading(_ stage: Int, _ tile: PlaneFrame.Tile) -> PlaneReading {
    let offset = columns.offset(columns.order[stage], g.window)
    return PlaneReading(offset, g, operand, tile, edges, builder)
  }

  /// The sums of all columns, where those up to the result's own wait in memory for the others.
  private func joined(
    _ main: [[Variable]], _ parts: TensorView, _ tile: PlaneFrame.Tile,
    _ meet: (_ stage: Int, _ sums: [[Variable]]) -> Void
  ) -> [[Variable]] {
    func place(_ row: Int, _ part: Int) -> Expr { .integer((row * tile.count + part) * tile.lanes) }
    for (row, sums) in main.enumerated() {
      for (part, sum) in sums.enumerated() {
        builder.emit(.store(parts.buffer, place(row, part), .variable(sum)))
      }
    }
    let all = ended(tile, meet)
    for (row, sums) in all.enumerated() {
      for (part, sum) in sums.enumerated() {
        builder.accumulate(sum, .load(parts.buffer, place(row, part), lanes: tile.lanes))
      }
    }
    return all
  }

  private func when(_ condition: Expr?, _ body: () -> Void) {
    guard let condition else { return body() }
    builder.when(condition, body)
  }

  /// The sums of the columns up to the result's own, with what they start from.
  func begun(
    _ block: Expr, _ tile: PlaneFrame.Tile, isMet: ((_ stage: Int) -> Expr)? = nil,
    _ meet: (_ stage: Int, _ sums: [[Variable]]) -> Void
  ) -> [[Variable]] {
    let (count, lanes) = (tile.count, tile.lanes)
    let sums = columns.left.isEmpty ? results.starts(block, count, lanes) : zeros(tile)
    for (stage, column) in columns.left.enumerated() {
      when(columns.left.count == 1 ? isMet?(stage) : nil) {
        meet(stage, sums)
        for row in sums { move(row, by: column.shift, lanes) }
      }
    }
    if !columns.left.isEmpty { begin(sums, block, lanes) }
    if columns.own != nil { meet(columns.left.count, sums) }
    return sums
  }

  /// The sums of the columns right of the result's own, moved to it; none without such columns.
  func ended(
    _ tile: PlaneFrame.Tile, _ meet: (_ stage: Int, _ sums: [[Variable]]) -> Void
  ) -> [[Variable]] {
    if columns.right.isEmpty { return [] }
    let first = columns.left.count + (columns.own == nil ? 0 : 1)
    let sums = zeros(tile)
    for (number, column) in columns.right.enumerated() {
      meet(first + number, sums)
      for row in sums { move(row, by: -column.shift, tile.lanes) }
    }
    return sums
  }

  private func zeros(_ tile: PlaneFrame.Tile) -> [[Variable]] {
    let zero = g.arithmetic.zero.splatted(tile.lanes)
    return (0..<height).map { _ in (0..<tile.count).map { _ in builder.declare("a", zero) } }
  }

  /// Adds what sums start from once they are not moved any more.
  private func begin(_ sums: [[Variable]], _ block: Expr, _ lanes: Int) {
    guard g.arithmetic.start != nil else { return }
    for (row, parts) in sums.enumerated() {
      let first = builder.define("first", g.arithmetic.start(block * height + row))
      for part in parts { builder.accumulate(part, first.splatted(lanes)) }
    }
  }

  /// Moves sums by some lanes to the right, or to the left if `shift` is negative; what would come
  /// from another row of the image is zero.
  private func move(_ sums: [Variable], by shift: Int, _ lanes: Int) {
    let width = g.width
    for part in shift > 0 ? Array(sums.indices.reversed()) : Array(sums.indices) {
      let sources = (0..<lanes).map { lane -> Int? in
        let place = part * lanes + lane
        let column = place % width - shift
        return 0..<width ~= column && place - shift < sums.count * lanes ? place - shift : nil
      }
      builder.assign(sums[part], gathered(sums, sources, lanes))
    }
  }

  /// The lanes of some vectors; zero where there is none.
  private func gathered(_ sums: [Variable], _ sources: [Int?], _ lanes: Int) -> Expr {
    let zero = g.arithmetic.zero.splatted(lanes)
    let parts = Array(Set(sources.compactMap { $0.map { $0 / lanes } })).sorted()
    guard let first = parts.first, let last = parts.last else { return zero }
    let known = sources.compactMap { $0 }.count
    if parts.count == 1, known < lanes {
      let order = sources.map { $0.map { $0 % lanes } ?? lanes }
      return .shuffle(.variable(sums[first]), zero, order)
    }
    let order = sources.enumerated().map { lane, source -> Int in
      guard let source else { return lane }
      return source % lanes + (source / lanes == first ? 0 : lanes)
    }
    let both = Expr.shuffle(.variable(sums[first]), .variable(sums[last]), order)
    if known == lanes { return both }
    let kept = sources.enumerated().map { $1 == nil ? lanes + $0 : $0 }
    return .shuffle(builder.define("s", both), zero, kept)
  }
}
