import CoppiceIR

/// All results of a tile of rows of activations, in vectors or one by one.
struct WindowTile {
  let rows: WindowRows
  let table: WindowTable
  /// What the table is made for.
  let order: WindowTable.Order
  /// Lanes of a vector; 1 for numbers.
  let width: Int
  let outer: [Expr]
  /// The first row, and how many.
  let row: Expr
  let count: Int
  /// Where the first row's activations begin.
  let start: Expr
  let finish: SumFinish
  /// Memory for a group that is not stored as it is.
  let last: TensorView?
  /// Memory for all sums, in which they find their order.
  let sums: TensorView?
  let builder: LoopBuilder

  private typealias Slots = (first: Expr, end: Expr)
  private var lanes: Int { order.lanes }

  func run() {
    let next = builder.declare("k", .integer(0))
    func group(_ group: Expr, _ columns: Int) {
      let first = builder.define("first", .variable(next))
      let ends = Expr.load(table.ends, group, lanes: 1).converted(to: .index)
      let end = builder.define("end", ends * 2)
      let column = builder.define("j", group * lanes)
      if width == 1 {
        numbers((first, end), column, columns)
      } else {
        vectors((first, end), column, columns)
      }
      builder.assign(next, end)
    }
    let whole = rows.columns / lanes
    builder.loop("g", whole) { group($0, lanes) }
    if rows.columns > whole * lanes { group(.integer(whole), rows.columns % lanes) }
    if let sums { storeSorted(sums) }
  }

  /// Stores sums that have found their order.
  private func storeSorted(_ sums: TensorView) {
    func store(_ column: Expr, _ width: Int) {
      let index = rows.index(outer, row, column)
      let sum = Expr.load(sums.buffer, column, lanes: width)
      builder.store(finish(sum, index), to: rows.y, at: index)
    }
    let whole = rows.columns / width * width
    builder.loop("j", to: .integer(whole), step: width) { store($0, width) }
    if rows.columns > whole {
      builder.loop("j", from: .integer(whole), to: .integer(rows.columns)) { store($0, 1) }
    }
  }

  // MARK: - Vectors

  private func vectors(_ slots: Slots, _ column: Expr, _ columns: Int) {
    let parts = lanes / width
    let zero = Expr.constant(0, .float32).splatted(width)
    // Few sums would wait for each other.
    let turns = count * parts < 4 ? 2 : 1
    let sums = (0..<turns).map { turn in
      (0..<parts).map { part -> [Variable] in
        let isFirst = turn == 0 && columns == lanes
        let first = isFirst ? rows.first(column + part * width, width) : zero
        let value = count > 1 ? builder.define("first", first) : first
        return (0..<count).map { _ in builder.declare("a", value) }
      }
    }
    builder.loop("e", from: slots.first, to: slots.end, step: turns) { slot in
      for (turn, parts) in sums.enumerated() { meet(slot + turn, parts) }
    }
    for row in 0..<count {
      for part in 0..<parts {
        let all = sums.map { Expr.variable($0[part][row]) }
        let sum = all.dropFirst().reduce(all[0]) { $0 + $1 }
        store(sum, self.row + row, column + part * width, columns - part * width)
      }
    }
  }

  /// Adds a slot to the sums of each part of the lanes.
  private func meet(_ slot: Expr, _ parts: [[Variable]]) {
    let window = Expr.load(table.starts, slot, lanes: 1).converted(to: .index)
    let place = builder.define("x", start + window)
    for (part, sums) in parts.enumerated() {
      let own = slot * lanes + part * width
      let bytes = Expr.load(table.columns, own, lanes: width)
      let columns = builder.define("c", bytes.converted(to: .element(.int32)))
      let weight = builder.define("w", .load(table.values, own, lanes: width))
      for (row, sum) in sums.enumerated() {
        builder.accumulate(sum, picked(place + row * rows.step, columns) * weight)
      }
    }
  }

  /// Activations of a window by their columns in it.
  private func picked(_ place: Expr, _ columns: Expr) -> Expr {
    let pairs = stride(from: 0, to: order.columns, by: 2 * width).map { offset -> Expr in
      let low = Expr.load(rows.x, place + offset, lanes: width)
      let high = Expr.load(rows.x, place + offset + width, lanes: width)
      return .pick(low, high, columns)
    }
    return pairs.indices.dropLast().reversed().reduce(pairs[pairs.count - 1]) { other, number in
      let end = Expr.constant(Double((number + 1) * 2 * width), .int32).splatted(width)
      return .select(columns.compared(.lt, end), pairs[number], other)
    }
  }

  private func store(_ sum: Expr, _ row: Expr, _ column: Expr, _ count: Int) {
    if let last, let sums, let rows = table.rows, count > 0 {
      builder.emit(.store(last.buffer, .integer(0), sum))
      return builder.loop("c", min(count, width)) { lane in
        let place = Expr.load(rows, column + lane, lanes: 1).converted(to: .index)
        builder.emit(.store(sums.buffer, place, .load(last.buffer, lane, lanes: 1)))
      }
    }
    if count >= width {
      let index = rows.index(outer, row, column)
      return builder.store(finish(sum, index), to: rows.y, at: index)
    }
    guard let last, count > 0 else { return }
    builder.emit(.store(last.buffer, .integer(0), sum))
    builder.loop("c", count) { lane in
      let index = rows.index(outer, row, column + lane)
      builder.store(finish(.load(last.buffer, lane, lanes: 1), index), to: rows.y, at: index)
    }
  }

  // MARK: - Numbers

  /// Results one by one, each from its lane of the slots.
  private func numbers(_ slots: Slots, _ column: Expr, _ columns: Int) {
    builder.loop("lane", columns) { lane in
      let sum = builder.declare("a", rows.first(column + lane, 1))
      builder.loop("e", from: slots.first, to: slots.end) { slot in
        let place = builder.define("at", slot * lanes + lane)
        let window = Expr.load(table.starts, slot, lanes: 1).converted(to: .index)
        let inner = Expr.load(table.columns, place, lanes: 1).converted(to: .index)
        let x = Expr.load(rows.x, start + window + inner, lanes: 1)
        builder.accumulate(sum, x * .load(table.values, place, lanes: 1))
      }
      if let sums, let rows = table.rows {
        let place = Expr.load(rows, column + lane, lanes: 1).converted(to: .index)
        return builder.emit(.store(sums.buffer, place, .variable(sum)))
      }
      let index = rows.index(outer, row, column + lane)
      builder.store(finish(.variable(sum), index), to: rows.y, at: index)
    }
  }
}
