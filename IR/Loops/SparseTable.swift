/// A weight without its zeros as kernels read it: tables of values and of where they belong.
///
/// Rows and groups are those of ``SparseLayout``. What tables there are besides the values, and how
/// they are read, the format of the storage says.
public struct SparseTable {
  package let layout: SparseLayout
  /// Rows that share an index.
  package let height: Int
  package let values: Buffer
  private let reader: any NonzeroReader

  init(layout: SparseLayout, height: Int, values: Buffer, reader: any NonzeroReader) {
    self.layout = layout
    self.height = height
    self.values = values
    self.reader = reader
  }

  /// Rows of blocks.
  package var blockRows: Int { (layout.rows + height - 1) / height }

  /// Whether several nonzeros of a row can be met in a turn.
  package var readsSeveral: Bool { reader.readsSeveral }

  /// Tables of rows with an index for each entry.
  package struct Entries {
    /// Where each group of each row starts; after the last one, how many entries there are.
    package let starts: Buffer
    /// The column of each entry.
    package let columns: Buffer
  }

  /// Where each entry has an index, and rows a start.
  package var entries: Entries? {
    (reader as? IndexedReader).map { Entries(starts: $0.starts, columns: $0.indices) }
  }

  /// The first entry of a line of such tables.
  package func entryStart(_ line: Expr) -> Expr {
    guard let entries else { return .integer(0) }
    return .load(entries.starts, line, lanes: 1).converted(to: .index)
  }

  /// A value of a nonzero.
  ///
  /// - Parameters:
  ///   - slot: Its number.
  ///   - lane: The row in the block.
  ///   - lanes: 1, or how many rows are loaded together.
  /// - Returns: A load.
  package func value(_ slot: Expr, _ lane: Expr = .integer(0), lanes: Int = 1) -> Expr {
    .load(values, slot * height + lane, lanes: lanes)
  }

  /// Begins with a row of blocks.
  package func cursor(_ row: Expr, _ builder: LoopBuilder) -> SparseCursor {
    reader.begin(row, builder)
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
    try reader.visit(
      cursor, first: first, count: count, from: from, to: to, builder, enter: enter, body)
  }

  /// Visits the nonzeros of a row with a single group, several in a turn, so that as many sums can
  /// be under way.
  ///
  /// - Parameters:
  ///   - row: The row of blocks.
  ///   - turns: Nonzeros in a turn, where the reader can meet several.
  ///   - builder: Takes the loops.
  ///   - body: Gets the number inside the turn, the column and the number of the nonzero.
  package func visit(
    row: Expr, turns: Int, _ builder: LoopBuilder,
    _ body: (_ turn: Int, _ column: Expr, _ slot: Expr) -> Void
  ) {
    reader.visit(row: row, turns: turns, builder, body)
  }

  /// Visits the blocks of neighbouring columns of a row with a single group, where there are such.
  ///
  /// - Parameters:
  ///   - row: The row.
  ///   - turns: Blocks in a turn.
  ///   - builder: Takes the loops.
  ///   - body: Gets the number inside the turn, the first column and the number of its value.
  package func visitBlocks(
    row: Expr, turns: Int, _ builder: LoopBuilder,
    _ body: (_ turn: Int, _ column: Expr, _ slot: Expr) -> Void
  ) {
    (reader as? InputBlockReader)?.visitBlocks(row: row, turns: turns, builder, body)
  }
}

/// Where the reading of a row of a table stands; a row's groups are read in order.
package struct SparseCursor {
  let row: Expr
  /// The next value, where it is counted.
  let next: Variable?
}

/// How loops meet the nonzeros of a row: what ``SparseTable`` says of the methods of the same names.
protocol NonzeroReader {
  /// Whether several nonzeros of a row can be met in a turn.
  var readsSeveral: Bool { get }

  /// Begins with a row of blocks.
  func begin(_ row: Expr, _ builder: LoopBuilder) -> SparseCursor

  /// Visits the nonzeros of some groups.
  func visit<E: Error>(
    _ cursor: SparseCursor, first: Expr, count: Int, from: Expr, to: Expr, _ builder: LoopBuilder,
    enter: (_ group: Expr) -> Expr,
    _ body: (_ base: Expr, _ column: Expr, _ slot: Expr) throws(E) -> Void
  ) throws(E)

  /// Visits the nonzeros of a row with a single group.
  func visit(
    row: Expr, turns: Int, _ builder: LoopBuilder,
    _ body: (_ turn: Int, _ column: Expr, _ slot: Expr) -> Void
  )
}
