/// Reads lines of blocks of neighbouring columns: a start for each row and group, and an index for
/// each block, which says where it begins.
struct InputBlockReader: NonzeroReader {
  let blocks: IndexedReader

  var readsSeveral: Bool { true }

  private var columns: Int { blocks.layout.columns }
  private static var width: Int { InputBlocks.canonicalWidth }

  /// Columns that indices count in: whole blocks where lines are whole blocks.
  static func unit(_ columns: Int) -> Int { columns % width == 0 ? width : 1 }

  /// The largest index.
  static func largest(_ columns: Int) -> Int { max(0, columns - width) / unit(columns) }

  func begin(_ row: Expr, _ builder: LoopBuilder) -> SparseCursor { blocks.begin(row, builder) }

  func visit<E: Error>(
    _ cursor: SparseCursor, first: Expr, count: Int, from: Expr, to: Expr, _ builder: LoopBuilder,
    enter: (_ group: Expr) -> Expr,
    _ body: (_ base: Expr, _ column: Expr, _ slot: Expr) throws(E) -> Void
  ) throws(E) {
    try blocks.visit(
      cursor, first: first, count: count, from: from, to: to, builder, enter: enter
    ) { (base, index, block) throws(E) in
      try builder.loop("j", min(Self.width, columns)) { (cell) throws(E) in
        try body(base, index * Self.unit(columns) + cell, block * Self.width + cell)
      }
    }
  }

  /// A turn takes a block, or a part of one.
  func visit(
    row: Expr, turns: Int, _ builder: LoopBuilder,
    _ body: (_ turn: Int, _ column: Expr, _ slot: Expr) -> Void
  ) {
    blocks.visit(row: row, turns: 1, builder) { _, index, block in
      for cell in 0..<min(Self.width, columns) {
        body(cell % turns, index * Self.unit(columns) + cell, block * Self.width + cell)
      }
    }
  }

  /// Visits the blocks of a row with a single group.
  func visitBlocks(
    row: Expr, turns: Int, _ builder: LoopBuilder,
    _ body: (_ turn: Int, _ column: Expr, _ slot: Expr) -> Void
  ) {
    blocks.visit(row: row, turns: turns, builder) { turn, index, block in
      body(turn, index * Self.unit(columns), block * Self.width)
    }
  }

  /// Makes the tables of a weight.
  static func table(
    _ nonzeros: SparseNonzeros, _ operand: Int, _ builder: LoopBuilder
  ) -> SparseTable {
    let layout = nonzeros.layout
    let lines = InputBlockLines(nonzeros)
    let (starts, places) = (lines.starts, lines.places.map { $0 / Int32(unit(layout.columns)) })
    let indices = IndexedReader(
      layout: layout,
      starts: builder.indexTable(starts, largest: places.count, "starts", operand),
      indices: builder.indexTable(
        places.isEmpty ? [0] : places, largest: largest(layout.columns), "columns", operand))
    return SparseTable(
      layout: layout, height: 1, values: nonzeros.values(lines.slots, operand, builder),
      reader: InputBlockReader(blocks: indices))
  }
}

/// Nonzeros of lines in blocks.
struct InputBlockLines {
  private(set) var starts: [Int32] = []
  /// The first column of each block.
  private(set) var places: [Int32] = []
  /// For each column of each block the number of its element; -1 where there is none.
  private(set) var slots: [Int] = []

  /// Has no lines.
  init() {}

  init(_ nonzeros: SparseNonzeros) {
    for line in 0..<(nonzeros.layout.rows * nonzeros.layout.groups) {
      starts.append(Int32(places.count))
      take(nonzeros, line)
    }
    starts.append(Int32(places.count))
  }

  /// Takes the blocks of a line.
  mutating func take(_ nonzeros: SparseNonzeros, _ line: Int) {
    let width = InputBlocks.canonicalWidth
    let last = max(0, nonzeros.layout.columns - width)
    var block = -1
    for index in nonzeros.range(line) {
      let column = Int(nonzeros.columns[index])
      if column / width != block {
        block = column / width
        places.append(Int32(min(block * width, last)))
        slots += Array(repeating: -1, count: width)
      }
      let first = Int(places[places.count - 1])
      slots[slots.count - width + column - first] = nonzeros.slots[index]
    }
  }
}
