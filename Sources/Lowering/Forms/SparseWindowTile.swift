import CoppiceIR

/// The loops of a sparse convolution.
struct SparseWindowTile {
  let g: ConvolutionGeometry
  let table: SparseTable
  let tiling: SparseTiling
  let builder: LoopBuilder
  /// The copy that is read instead of the operand.
  var padded: PaddedOperand?

  /// The rows of a tile, and which rows of the window they meet.
  private enum Rows {
    /// One row, which meets the rows of the window in a range.
    case single(Expr, from: Expr, to: Expr)
    /// Several rows, which meet all rows of the window.
    case inner(Expr)
    case whole

    var first: Expr {
      switch self {
      case .single(let row, _, _), .inner(let row): row
      case .whole: .integer(0)
      }
    }
  }

  private var kernel: (rows: Int, columns: Int) { (g.window.kernel[0], g.window.kernel[1]) }

  func run(_ n: Expr) {
    if tiling.isWhole { return filters(n, .whole, g.outHeight) }
    let inner = tiling.inner
    builder.loop(
      "oy", from: .integer(inner.lowerBound), to: .integer(inner.upperBound), step: tiling.innerRows
    ) { filters(n, .inner($0), tiling.innerRows) }
    let top = inner.isEmpty ? 0 : inner.lowerBound
    builder.loop("e", g.outHeight - inner.count) { edge in
      let below = edge + inner.count
      let isAbove = edge.compared(.lt, .integer(top))
      let row = top == 0 ? below : builder.define("oy", .select(isAbove, edge, below))
      let taps = g.taps(0, row, builder)
      filters(n, .single(row, from: taps.from, to: taps.to), 1)
    }
  }

  /// All filters over some rows.
  private func filters(_ n: Expr, _ rows: Rows, _ count: Int) {
    let channels = g.weight.type.shape[1]
    let blocks = table.blockRows / g.group
    builder.loop("g", g.group) { number in
      let image = g.x.at([n, number * channels, .integer(0), .integer(0)])
      let place = (rows.first * g.window.strides[0] - g.window.begin[0]) * g.strideH
      let line = builder.define("x0", image + place)
      builder.loop("b", blocks) { index in
        let block = builder.define("co", number * blocks + index)
        for piece in tiling.pieces {
          let first = Expr.integer(piece.start)
          builder.loop("ox", piece.repeats) { index in
            tile(n, block, rows, count, first + index * piece.width, piece, line)
          }
        }
      }
    }
  }

  private func tile(
    _ n: Expr, _ block: Expr, _ rows: Rows, _ count: Int, _ ox: Expr,
    _ piece: SparseTiling.Piece, _ line: Expr
  ) {
    let w = g.window
    let start = line + ((ox * w.strides[1]) - w.begin[1]) * g.strideW
    let channel = block * table.height
    let steps = (row: w.strides[0] * g.strideH, column: w.strides[1] * g.strideW)
    let parts = (0..<count).flatMap { piece.parts(row: $0, steps) }
    let sums = SparseSums(table, parts, builder) { g.arithmetic.start(channel + $0) }
    let cursor = table.cursor(block, builder)
    for segment in piece.segments {
      switch rows {
      case .whole: whole(sums, cursor, segment, start)
      case .inner:
        visit(sums, cursor, segment, start, .integer(0), .integer(kernel.rows))
      case .single(_, let from, let to): visit(sums, cursor, segment, start, from, to)
      }
    }
    sums.store { sum, lane, part in
      let index = [n, channel + lane, rows.first + part.row, ox + part.column]
      builder.store(sum, to: g.y, at: index)
    }
  }

  /// Runs over the taps of a segment in some rows of the window.
  private func visit(
    _ sums: SparseSums, _ cursor: SparseCursor, _ segment: SparseTiling.Segment, _ start: Expr,
    _ from: Expr, _ to: Expr
  ) {
    let (first, last) = (segment.taps.lowerBound, segment.taps.upperBound)
    let groups = table.layout.windowRows
    let isMet = !segment.columns.isEmpty
    let low = !isMet || hasRowsAsColumns ? Expr.integer(0) : from
    let high = !isMet ? Expr.integer(0) : hasRowsAsColumns ? .integer(1) : to
    builder.loop("kx", from: .integer(first), to: .integer(last)) { kx in
      table.visit(
        cursor, first: kx * groups, count: groups, from: low, to: high, builder,
        enter: { base(start, $0, kx) }
      ) { base, column, slot in
        whenMet(column, from, to) {
          let x = builder.define("xk", base + column * columnStep)
          sums.add(slot, g.x.buffer, x, builder) { segment.columns.contains($0.column) }
        }
      }
    }
  }

  /// Whether the columns of the table are rows of the window, because there is one channel.
  private var hasRowsAsColumns: Bool { table.layout.windowRows < kernel.rows }

  private var columnStep: Int {
    hasRowsAsColumns ? g.window.dilations[0] * g.strideH : g.x.strides[1]
  }

  /// Tests rows of the window that are columns of the table.
  private func whenMet(_ column: Expr, _ from: Expr, _ to: Expr, _ body: () -> Void) {
    let isWhole = from.constantIndex == 0 && to.constantIndex == kernel.rows
    if !hasRowsAsColumns || isWhole { return body() }
    builder.when(
      .binary(.and, column.compared(.ge, from), column.compared(.lt, to)), body)
  }

  /// Runs over the taps of a segment one by one, each over the rows and columns that it meets.
  private func whole(
    _ sums: SparseSums, _ cursor: SparseCursor, _ segment: SparseTiling.Segment, _ start: Expr
  ) {
    for kx in segment.taps {
      for ky in 0..<kernel.rows {
        let rows = SparseTiling.met(g, axis: 0, ky, 0, g.outHeight)
        let isMet = !rows.isEmpty && !segment.columns.isEmpty
        table.visit(
          cursor, first: .integer(kx * kernel.rows + ky), count: 1, from: .integer(0),
          to: .integer(isMet ? 1 : 0), builder,
          enter: { _ in base(start, .integer(ky), .integer(kx)) }
        ) { base, column, slot in
          let x = builder.define("xk", base + column * g.x.strides[1])
          sums.add(slot, g.x.buffer, x, builder) {
            segment.columns.contains($0.column) && rows.contains($0.row)
          }
        }
      }
    }
  }

  private func base(_ start: Expr, _ ky: Expr, _ kx: Expr) -> Expr {
    let w = g.window
    let down = ky * (w.dilations[0] * g.strideH)
    let across = padded?.tap(kx) ?? kx * (w.dilations[1] * g.strideW)
    return builder.define("xt", start + down + across)
  }
}
