/// Reads rows of column indices: a start for each row and group, and an index for each entry.
struct IndexedReader: NonzeroReader {
  let layout: SparseLayout
  let starts: Buffer
  let indices: Buffer

  var readsSeveral: Bool { true }

  func begin(_ row: Expr, _ builder: LoopBuilder) -> SparseCursor {
    SparseCursor(row: row, next: nil)
  }

  func visit<E: Error>(
    _ cursor: SparseCursor, first: Expr, count: Int, from: Expr, to: Expr, _ builder: LoopBuilder,
    enter: (_ group: Expr) -> Expr,
    _ body: (_ base: Expr, _ column: Expr, _ slot: Expr) throws(E) -> Void
  ) throws(E) {
    if let low = from.constantIndex, let high = to.constantIndex, low >= high { return }
    let line = builder.define("g", cursor.row * layout.groups + first)
    let start = builder.declare("k0", self.start(line + from))
    try builder.loop("t", from: from, to: to) { (group) throws(E) in
      let base = enter(group)
      let end = builder.define("k1", self.start(line + group + 1))
      try builder.loop("k", from: .variable(start), to: end) { (slot) throws(E) in
        try body(base, builder.column(indices, slot), slot)
      }
      builder.assign(start, end)
    }
  }

  func visit(
    row: Expr, turns: Int, _ builder: LoopBuilder,
    _ body: (_ turn: Int, _ column: Expr, _ slot: Expr) -> Void
  ) {
    let start = builder.define("k0", self.start(row))
    let end = builder.define("k2", self.start(row + 1))
    let whole = builder.define("k1", start + (end - start) / .integer(turns) * turns)
    builder.entries(indices, from: start, whole: whole, to: end, turns: turns, body)
  }

  /// Where a row or group starts.
  func start(_ place: Expr) -> Expr {
    Expr.load(starts, place, lanes: 1).converted(to: .index)
  }
}

extension LoopBuilder {
  /// The column of an entry.
  func column(_ indices: Buffer, _ slot: Expr) -> Expr {
    define("c", Expr.load(indices, slot, lanes: 1).converted(to: .index))
  }

  /// Visits the entries of a row, several in a turn up to `whole`, the others one by one.
  func entries(
    _ indices: Buffer, from start: Expr, whole: Expr, to end: Expr, turns: Int,
    _ body: (_ turn: Int, _ column: Expr, _ slot: Expr) -> Void
  ) {
    loop("k", from: start, to: whole, step: turns) { slot in
      for turn in 0..<turns { body(turn, column(indices, slot + turn), slot + turn) }
    }
    loop("k", from: whole, to: end) { body(0, column(indices, $0), $0) }
  }
}

extension IndexedReader {
  /// Makes the tables of a weight of which `height` rows share an index.
  static func table(
    _ nonzeros: SparseNonzeros, _ operand: Int, _ builder: LoopBuilder, height: Int
  ) -> SparseTable {
    let layout = nonzeros.layout
    let runs = height == 1 ? nil : BlockTable(nonzeros, height: height, width: 1)
    let columns = runs?.columns ?? nonzeros.columns
    let starts =
      runs?.starts ?? (0...(layout.rows * layout.groups)).map { Int32(nonzeros.start($0)) }
    let reader = IndexedReader(
      layout: layout,
      starts: builder.indexTable(starts, largest: columns.count, "starts", operand),
      indices: builder.indexTable(
        columns.isEmpty ? [0] : columns, largest: max(layout.columns - 1, 0), "columns", operand))
    let values = nonzeros.values(runs?.slots ?? nonzeros.slots, operand, builder)
    return SparseTable(layout: layout, height: height, values: values, reader: reader)
  }

  /// The bytes of such tables.
  static func tableBytes(
    _ shape: WeightShape, rows: Int, slots: Int, height: Int, width: Int = 1
  ) -> Int {
    let starts = (rows * shape.groups + 1) * indexBytes(slots)
    let indices = max(slots / width, 1) * indexBytes(max(shape.columns - 1, 0))
    return max(slots * height, 1) * shape.elementBytes + indices + starts
  }
}
