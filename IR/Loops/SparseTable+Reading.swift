/// Where the reading of a row of a table stands; a row's groups are read in order.
package struct SparseCursor {
  let row: Expr
  /// The next value of a bitmap.
  let next: Variable?
}

extension SparseTable {
  /// Begins with a row of blocks.
  package func cursor(_ row: Expr, _ builder: LoopBuilder) -> SparseCursor {
    guard isBitmap else { return SparseCursor(row: row, next: nil) }
    let start = Expr.load(starts, row, lanes: 1).converted(to: .index)
    return SparseCursor(row: row, next: builder.declare("v", start))
  }

  /// Visits the nonzeros of groups `from ..< to` out of `count` that begin at `first`; the others are
  /// passed over.
  ///
  /// - Parameters:
  ///   - cursor: Stands at `first`; afterwards past the last of the groups.
  ///   - first: The first group.
  ///   - count: Groups that the cursor moves on by.
  ///   - from: The first group that is read, counted from `first`.
  ///   - to: The one after the last that is read.
  ///   - builder: Takes the loops.
  ///   - enter: Prepares a group, given its number counted from `first`.
  ///   - body: Gets what `enter` made, the column in the group and the number of the nonzero.
  /// - Throws: What the closures throw.
  package func visit<E: Error>(
    _ cursor: SparseCursor, first: Expr, count: Int, from: Expr, to: Expr, _ builder: LoopBuilder,
    enter: (_ group: Expr) -> Expr,
    _ body: (_ base: Expr, _ column: Expr, _ slot: Expr) throws(E) -> Void
  ) throws(E) {
    guard let next = cursor.next else {
      return try visitIndices(cursor.row, first, from, to, builder, enter, body)
    }
    let line = builder.define("m0", (cursor.row * layout.groups + first) * maskBytes)
    func mask(_ group: Expr, _ byte: Expr) -> Variable {
      let load = Expr.load(indices, line + group * maskBytes + byte, lanes: 1)
      return builder.declare("m", load.converted(to: .uint32))
    }
    func skip(_ from: Expr, _ to: Expr) {
      builder.loop("t", from: from, to: to) { group in
        builder.loop("j", maskBytes) { byte in
          let bits = mask(group, byte)
          builder.emit(
            .repeatWhile(
              Self.isNotZero(bits),
              builder.block {
                builder.accumulate(next, Self.lowBit(bits).converted(to: .index))
                builder.assign(bits, .variable(bits) / .number(2, .uint32))
              }))
        }
      }
    }
    skip(.integer(0), from)
    try builder.loop("t", from: from, to: to) { (group) throws(E) in
      let base = enter(group)
      try builder.loop("j", maskBytes) { (byte) throws(E) in
        let bits = mask(group, byte)
        let column = builder.declare("c", byte * 8)
        let turn = try builder.block { () throws(E) in
          let isSet = Self.lowBit(bits).compared(.ne, .number(0, .uint32))
          try builder.when(isSet) { () throws(E) in
            try body(base, .variable(column), .variable(next))
            builder.accumulate(next, .integer(1))
          }
          builder.accumulate(column, .integer(1))
          builder.assign(bits, .variable(bits) / .number(2, .uint32))
        }
        builder.emit(.repeatWhile(Self.isNotZero(bits), turn))
      }
    }
    skip(to, .integer(count))
  }

  private static func lowBit(_ bits: Variable) -> Expr {
    .binary(.and, .variable(bits), .number(1, .uint32))
  }

  private static func isNotZero(_ bits: Variable) -> Expr {
    Expr.variable(bits).compared(.ne, .number(0, .uint32))
  }

  private func visitIndices<E: Error>(
    _ row: Expr, _ first: Expr, _ from: Expr, _ to: Expr, _ builder: LoopBuilder,
    _ enter: (Expr) -> Expr, _ body: (Expr, Expr, Expr) throws(E) -> Void
  ) throws(E) {
    if let low = from.constantIndex, let high = to.constantIndex, low >= high { return }
    let line = builder.define("g", row * layout.groups + first)
    let start = builder.declare("k0", self.start(line + from))
    try builder.loop("t", from: from, to: to) { (group) throws(E) in
      let base = enter(group)
      let end = builder.define("k1", self.start(line + group + 1))
      try builder.loop("k", from: .variable(start), to: end) { (slot) throws(E) in
        try body(base, column(slot, builder), slot)
      }
      builder.assign(start, end)
    }
  }

  private func start(_ place: Expr) -> Expr {
    Expr.load(starts, place, lanes: 1).converted(to: .index)
  }

  private func column(_ slot: Expr, _ builder: LoopBuilder) -> Expr {
    builder.define("c", Expr.load(indices, slot, lanes: 1).converted(to: .index))
  }

  /// Visits the nonzeros of a row with a single group, several in a turn, so that as many sums can
  /// be under way.
  ///
  /// - Parameters:
  ///   - row: The row of blocks.
  ///   - turns: Nonzeros in a turn.
  ///   - builder: Takes the loops.
  ///   - body: Gets the number inside the turn, the column and the number of the nonzero.
  package func visit(
    row: Expr, turns: Int, _ builder: LoopBuilder,
    _ body: (_ turn: Int, _ column: Expr, _ slot: Expr) -> Void
  ) {
    if isBitmap { return visitBits(cursor(row, builder), builder) { body(0, $0, $1) } }
    let start = builder.define("k0", self.start(row))
    let end = builder.define("k2", self.start(row + 1))
    let whole = builder.define("k1", start + (end - start) / .integer(turns) * turns)
    builder.loop("k", from: start, to: whole, step: turns) { slot in
      for turn in 0..<turns { body(turn, column(slot + turn, builder), slot + turn) }
    }
    builder.loop("k", from: whole, to: end) { body(0, column($0, builder), $0) }
  }

  /// Tests the bits of a byte one after the other, without a loop over them.
  private func visitBits(
    _ cursor: SparseCursor, _ builder: LoopBuilder, _ body: (_ column: Expr, _ slot: Expr) -> Void
  ) {
    guard let next = cursor.next else { return }
    let line = builder.define("m0", cursor.row * maskBytes)
    builder.loop("j", maskBytes) { byte in
      let load = Expr.load(indices, line + byte, lanes: 1)
      let bits = builder.define("m", load.converted(to: .uint32))
      for bit in 0..<min(8, layout.columns) {
        let flag = Expr.binary(.and, bits, .number(Double(1 << bit), .uint32))
        builder.when(flag.compared(.ne, .number(0, .uint32))) {
          body(byte * 8 + bit, .variable(next))
          builder.accumulate(next, .integer(1))
        }
      }
    }
  }
}

extension LoopBuilder {
  /// Visits all nonzeros of a row of a table.
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - row: The row.
  ///   - body: Gets the row-major index over the other axes and the weight.
  /// - Throws: What `body` throws.
  package func forEachNonzero<E: Error>(
    of table: SparseTable, row: Expr, _ body: (_ column: Expr, _ value: Expr) throws(E) -> Void
  ) throws(E) {
    let (height, layout) = (table.height, table.layout)
    let (block, lane) =
      height == 1
      ? (row, Expr.integer(0))
      : (define("b", row / .integer(height)), define("l", combine(.rem, row, .integer(height))))
    let cursor = table.cursor(block, self)
    let rows = layout.windowRows
    try loop("kx", layout.windowColumns) { (kx) throws(E) in
      try table.visit(
        cursor, first: kx * rows, count: rows, from: .integer(0), to: .integer(rows), self,
        enter: { $0 * layout.windowColumns + kx }
      ) { (tap, column, slot) throws(E) in
        try body(column * layout.groups + tap, table.value(slot, lane))
      }
    }
  }
}
