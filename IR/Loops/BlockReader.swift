/// Reads rows of blocks: a start for each row of blocks and group, and for each block the first of its
/// columns.
struct BlockReader: NonzeroReader {
  let blocks: IndexedReader
  /// Columns of a block.
  let width: Int

  var readsSeveral: Bool { false }

  func begin(_ row: Expr, _ builder: LoopBuilder) -> SparseCursor { blocks.begin(row, builder) }

  func visit<E: Error>(
    _ cursor: SparseCursor, first: Expr, count: Int, from: Expr, to: Expr, _ builder: LoopBuilder,
    enter: (_ group: Expr) -> Expr,
    _ body: (_ base: Expr, _ column: Expr, _ slot: Expr) throws(E) -> Void
  ) throws(E) {
    try blocks.visit(
      cursor, first: first, count: count, from: from, to: to, builder, enter: enter
    ) { (base, column, block) throws(E) in
      try builder.loop("j", width) { (place) throws(E) in
        try body(base, builder.define("c1", column + place), block * width + place)
      }
    }
  }

  func visit(
    row: Expr, turns: Int, _ builder: LoopBuilder,
    _ body: (_ turn: Int, _ column: Expr, _ slot: Expr) -> Void
  ) {
    builder.loop("k", from: blocks.start(row), to: blocks.start(row + 1)) { block in
      let column = builder.column(blocks.indices, block)
      builder.loop("j", width) { place in
        body(0, builder.define("c1", column + place), block * width + place)
      }
    }
  }

  /// Makes the tables of a weight in blocks.
  static func table(
    _ nonzeros: SparseNonzeros, _ operand: Int, _ builder: LoopBuilder, height: Int, width: Int
  ) -> SparseTable {
    let layout = nonzeros.layout
    let blocks = BlockTable(nonzeros, height: height, width: width)
    let reader = IndexedReader(
      layout: layout,
      starts: builder.indexTable(
        blocks.starts, largest: blocks.columns.count * blocks.width, "starts", operand),
      indices: builder.indexTable(
        blocks.columns.isEmpty ? [0] : blocks.columns, largest: max(layout.columns - 1, 0),
        "columns", operand))
    let values = nonzeros.values(blocks.slots, operand, builder)
    return SparseTable(
      layout: layout, height: height, values: values,
      reader: BlockReader(blocks: reader, width: blocks.width))
  }
}

/// Blocks with a nonzero in the order of reading.
struct BlockTable {
  /// Columns of a block; fewer where a group has no more.
  let width: Int
  private(set) var starts: [Int32] = []
  /// The first column of each block.
  private(set) var columns: [Int32] = []
  /// For each row of each column of each block the number of its element; -1 where there is none.
  private(set) var slots: [Int] = []

  init(_ nonzeros: SparseNonzeros, height: Int, width: Int) {
    let layout = nonzeros.layout
    self.width = min(width, max(layout.columns, 1))
    var line = [Int](repeating: -1, count: layout.columns * height)
    for top in stride(from: 0, to: layout.rows, by: height) {
      for group in 0..<layout.groups {
        starts.append(Int32(columns.count))
        for row in top..<min(top + height, layout.rows) {
          for place in nonzeros.range(row * layout.groups + group) {
            line[Int(nonzeros.columns[place]) * height + row - top] = nonzeros.slots[place]
          }
        }
        take(&line, height, layout.columns)
      }
    }
    starts.append(Int32(columns.count))
  }

  /// Takes the blocks with a nonzero, and clears the line.
  private mutating func take(_ line: inout [Int], _ height: Int, _ count: Int) {
    for first in stride(from: 0, to: count, by: width) {
      let end = min(first + width, count)
      guard line[(first * height)..<(end * height)].contains(where: { $0 >= 0 }) else { continue }
      let start = end - width
      columns.append(Int32(start))
      slots += Array(repeating: -1, count: (first - start) * height)
      slots += line[(first * height)..<(end * height)]
      for place in (first * height)..<(end * height) { line[place] = -1 }
    }
  }
}
