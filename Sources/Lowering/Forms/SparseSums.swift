import CoppiceIR

/// Neighbouring results that one weight meets: one, or as many as a vector has lanes.
struct TilePart {
  /// Where the activation lies, counted from that of the tile's first part.
  var x: Int
  var lanes: Int
  /// The row and column of the first result in the tile.
  var row: Int
  var column: Int

  /// Single results of some rows and columns.
  ///
  /// - Parameters:
  ///   - rows: Rows of the tile.
  ///   - columns: Columns of the tile.
  ///   - steps: How far activations of neighbouring rows and columns lie apart.
  /// - Returns: One part for each result.
  static func scalars(_ rows: Int, _ columns: Int, _ steps: (row: Int, column: Int)) -> [TilePart] {
    (0..<rows).flatMap { row in
      (0..<columns).map {
        TilePart(x: row * steps.row + $0 * steps.column, lanes: 1, row: row, column: $0)
      }
    }
  }

  /// The vectors that cover a run of results: full ones, then halves down to scalars.
  ///
  /// - Parameters:
  ///   - width: Results in the run.
  ///   - lanes: Lanes of a full vector.
  ///   - arithmetic: Says how many fill the shortest vector, of 16 bytes.
  /// - Returns: The parts in order.
  static func run(_ width: Int, _ lanes: Int, _ arithmetic: Arithmetic) -> [TilePart] {
    let least = 16 / arithmetic.bytes
    var (rest, size, result) = (width, lanes, [TilePart]())
    while rest > 0 {
      while size > rest { size /= 2 }
      if size < least { size = 1 }
      result.append(TilePart(x: width - rest, lanes: size, row: 0, column: width - rest))
      rest -= size
    }
    return result
  }
}

/// The sums of a tile: rows of a block of weights x parts.
struct SparseSums {
  let table: SparseTable
  let parts: [TilePart]
  let variables: [[Variable]]

  /// Declares them.
  ///
  /// - Parameters:
  ///   - table: The weights.
  ///   - parts: The tile.
  ///   - builder: Takes the statements.
  ///   - start: What the sums of a row of the block start from.
  init(
    _ table: SparseTable, _ parts: [TilePart], _ builder: LoopBuilder, start: (_ lane: Int) -> Expr
  ) {
    self.table = table
    self.parts = parts
    variables = (0..<table.height).map { lane in
      let first = builder.define("first", start(lane))
      return parts.map { builder.declare("a", first.splatted($0.lanes)) }
    }
  }

  /// Adds the weights of a nonzero or block, times the activations of some parts.
  ///
  /// - Parameters:
  ///   - slot: The number of the nonzero.
  ///   - buffer: The activations.
  ///   - x: The activation of the tile's first part.
  ///   - builder: Takes the statements.
  ///   - isMet: Which parts the weight meets.
  func add(
    _ slot: Expr, _ buffer: Buffer, _ x: Expr, _ builder: LoopBuilder,
    where isMet: (TilePart) -> Bool = { _ in true }
  ) {
    let weights = variables.indices.map { builder.define("w", table.value(slot, .integer($0))) }
    for (number, part) in parts.enumerated() where isMet(part) {
      let load = Expr.load(buffer, x + part.x, lanes: part.lanes)
      let activation = weights.count == 1 ? load : builder.define("x", load)
      for (weight, row) in zip(weights, variables) {
        builder.accumulate(row[number], activation * weight.splatted(part.lanes))
      }
    }
  }

  /// Stores every sum.
  ///
  /// - Parameter place: Stores a sum, given the row in the block and the part.
  func store(_ place: (_ sum: Expr, _ lane: Int, _ part: TilePart) -> Void) {
    for (lane, row) in variables.enumerated() {
      for (sum, part) in zip(row, parts) { place(.variable(sum), lane, part) }
    }
  }
}
