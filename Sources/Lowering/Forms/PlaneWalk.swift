import CoppiceIR

/// Goes through the table of a convolution over planes, in vectors or in numbers.
struct PlaneWalk {
  let g: ConvolutionGeometry
  let order: PlaneTable.Order
  let columns: WindowColumns
  let operand: PlaneOperand
  let places: PlaneTable.Places
  let table: PlaneTable
  let sums: PlaneSums
  let builder: LoopBuilder

  /// Where the reading of the table stands.
  private struct Cursor {
    let entry: Variable
    /// The next value, where entries have different numbers of them.
    let value: Variable?
  }

  private func cursor(_ entry: Expr = .integer(0), _ value: Expr = .integer(0)) -> Cursor {
    Cursor(
      entry: builder.declare("k", entry),
      value: order.byPattern ? builder.declare("v", value) : nil)
  }

  /// Goes through all blocks: their number and their first channel.
  private func blocks(_ body: (_ block: Expr, _ channel: Expr) -> Void) {
    let blocks = g.y.shape[1] / g.group / order.height
    let channels = g.x.shape[1] / g.group
    builder.loop("g", g.group) { group in
      builder.loop("b", blocks) { index in
        body(group * blocks + index, group * channels)
      }
    }
  }

  /// Goes through a block once for each of its parts that are taken together.
  private func passes(_ cursor: Cursor, _ body: (_ pass: Expr) -> Void) {
    if order.passes == 1 { return body(.integer(0)) }
    let first = Expr.variable(builder.declare("first", .variable(cursor.entry)))
    builder.loop("h", order.passes) { pass in
      builder.assign(cursor.entry, first)
      body(pass)
    }
  }

  /// Entries of a column of the window, of those that have the rows of a pattern.
  private func count(_ block: Expr, _ stage: Int, _ pattern: Int) -> Expr {
    let first = (block * order.columns.count + stage) * order.patterns.count
    return Expr.load(table.counts, first + pattern, lanes: 1).converted(to: .index)
  }

  /// Meets the entries of a column of the window, some in a turn.
  private func entries(
    _ cursor: Cursor, _ block: Expr, _ pass: Expr, _ stage: Int, _ base: Expr, turns: Int = 1,
    _ body: (_ x: Expr, _ weights: [(row: Int, value: Expr)], _ turn: Int) -> Void
  ) {
    let patterns = order.byPattern ? order.patterns : [Array(0..<order.rows)]
    for (number, rows) in patterns.enumerated() {
      let count = count(block, stage, number)
      let start = Expr.variable(cursor.entry)
      let end = builder.define("end", start + count)
      let values = cursor.value.map { Expr.variable($0) }
      func meet(_ entry: Expr, _ turn: Int) {
        let place = Expr.load(table.places, entry, lanes: 1).converted(to: .index)
        let x = builder.define("x", base + place * places.unit)
        let first =
          values.map { $0 + (entry - start) * rows.count }
          ?? entry * (order.height * order.width) + pass * order.rows
        for channel in 0..<order.width {
          let weights = rows.enumerated().map { number, row in
            (row, builder.define("w", .load(table.values, first + channel + number, lanes: 1)))
          }
          body(x + channel * operand.step, weights, turn)
        }
      }
      let whole =
        turns == 1 ? end : builder.define("whole", start + count / .integer(turns) * turns)
      builder.loop("e", from: start, to: whole, step: turns) { entry in
        for turn in 0..<turns { meet(entry + turn, turn) }
      }
      if turns > 1 { builder.loop("e", from: whole, to: end) { meet($0, 0) } }
      if let value = cursor.value, let values {
        builder.assign(value, values + (end - start) * rows.count)
      }
      builder.assign(cursor.entry, end)
    }
  }

  // MARK: - Vectors

  /// A tile of vectors for all channels.
  func tile(_ tile: PlaneFrame.Tile) {
    let cursor = cursor()
    blocks { block, channel in
      let above = PlaneOperand.above(g)
      let base = builder.define("x0", operand.at(tile.n, channel) + tile.place - above)
      // Sums of columns that a filter has nothing in need not be moved.
      let isMet = { (stage: Int) in count(block, stage, 0).compared(.gt, .integer(0)) }
      let isFew = g.x.shape[1] == g.group && !order.byPattern
      passes(cursor) { pass in
        sums.run(block * order.passes + pass, tile, isMet: isFew ? isMet : nil) { stage, parts in
          column(cursor, block, pass, stage, base, parts, tile)
        }
      }
    }
  }

  /// Adds what a column of the window contributes.
  private func column(
    _ cursor: Cursor, _ block: Expr, _ pass: Expr, _ stage: Int, _ base: Expr,
    _ parts: [[Variable]], _ tile: PlaneFrame.Tile
  ) {
    let turns = order.turns(g, parts[0].count)
    let others = (1..<turns).map { _ in
      parts.map { row in
        row.map { _ in builder.declare("b", g.arithmetic.zero.splatted(tile.lanes)) }
      }
    }
    let all = [parts] + others
    let reading = sums.reading(stage, tile)
    entries(cursor, block, pass, stage, base + reading.offset, turns: turns) { x, weights, turn in
      add(all[turn], weights, tile.lanes) { reading.value(x, $0) }
    }
    for other in others {
      for (row, added) in zip(parts, other) {
        for (sum, part) in zip(row, added) { builder.accumulate(sum, .variable(part)) }
      }
    }
  }

  /// Adds products of the activations of a tile.
  private func add(
    _ sums: [[Variable]], _ weights: [(row: Int, value: Expr)], _ lanes: Int,
    _ read: (_ part: Int) -> Expr?
  ) {
    for part in sums[0].indices {
      guard let value = read(part) else { continue }
      let activation = weights.count == 1 ? value : builder.define("xv", value)
      for (row, weight) in weights {
        builder.accumulate(sums[row][part], activation * weight.splatted(lanes))
      }
    }
  }

  // MARK: - Numbers

  /// All results one by one, where there are no vectors.
  func numbers(_ n: Expr) {
    let next = cursor()
    blocks { block, channel in
      passes(next) { numbers(n, next, block, $0, channel) }
    }
  }

  /// The results of some channels.
  private func numbers(
    _ n: Expr, _ next: Cursor, _ block: Expr, _ pass: Expr, _ channel: Expr
  ) {
    let start = cursor(.variable(next.entry), next.value.map { .variable($0) } ?? .integer(0))
    builder.loop("p", g.outHeight * g.outWidth) { place in
      builder.assign(next.entry, .variable(start.entry))
      if let value = next.value, let first = start.value {
        builder.assign(value, .variable(first))
      }
      let base = builder.define("x0", operand.at(n, channel) + place - PlaneOperand.above(g))
      let rows = block * order.passes + pass
      let sums = sums.results.starts(rows, 1, 1)
      let column = builder.define("column", combine(.rem, place, .integer(g.width)))
      for (stage, tap) in order.columns.enumerated() {
        let offset = columns.offset(tap, g.window)
        let isMet = column.compared(.ge, .integer(-offset))
        let isInside = offset <= 0 ? isMet : column.compared(.lt, .integer(g.width - offset))
        entries(next, block, pass, stage, base + offset) { x, weights, _ in
          func add() {
            self.add(sums, weights, 1) { _ in .load(operand.view.buffer, x, lanes: 1) }
          }
          if offset == 0 { return add() }
          builder.when(isInside) { add() }
        }
      }
      for (row, sum) in sums.enumerated() {
        builder.store(
          .variable(sum[0]), to: g.y, at: [n, rows * order.rows + row, .integer(0), place])
      }
    }
  }
}

extension PlaneTable.Order {
  /// Rows that are taken together: of tall blocks as many as leave registers for vectors.
  var rows: Int { height % 4 == 0 ? 4 : height }

  /// How often a block is gone through, for other rows each time.
  var passes: Int { height / rows }

  /// Entries that are met in a turn: some where a tile has so few sums that they would wait for each
  /// other, and entries enough.
  func turns(_ g: ConvolutionGeometry, _ vectors: Int) -> Int {
    let most = g.x.shape[1] / g.group * g.window.kernel[0]
    guard !byPattern, rows * vectors < 4, most >= 32 else { return 1 }
    return rows * vectors == 1 && most >= 64 ? 4 : 2
  }
}
