import CoppiceIR

/// Rows times a sparse matrix in blocks of four, eight or sixteen results: a block is a vector, or a
/// few, that an activation is spread over.
///
/// Fully connected layers, and 1x1 convolutions whose channels come last. Few sums would wait for each
/// other, so a short tile meets several blocks in a turn, each with sums of its own.
struct SparseBlockRows: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage.isSparse, !storage.testsColumns, let rows = WindowRows(site),
      rows.arithmetic.isFloat,
      let weight = site.sparse(rows.operand, storage, rowAxis: rows.rowAxis),
      weight.height > 1, rows.columns % weight.height == 0
    else { return nil }
    let kernel = BlockRowsKernel(rows: rows, height: weight.height, target)
    guard let lanes = kernel.widths.first, lanes > 1 else { return nil }
    var work = Work()
    let outer = Double(rows.outer.reduce(1, *))
    let parts = Double(weight.height / lanes)
    let tiles = outer * Double((rows.count + kernel.size(lanes) - 1) / kernel.size(lanes))
    work[.tile] = Double(weight.blockRows) * tiles
    work[.step] = weight.slots * tiles
    work[.load] = weight.slots * outer * Double(rows.count)
    let widest = target.lanes(of: rows.arithmetic.element)
    work.multiplies(work[.load] * parts, lanes: lanes, widest: widest)
    work[.store] = Double(weight.blockRows) * outer * Double(rows.count) * parts
    work.reads(weight.bytes, passes: tiles, target)
    return Plan("sparse_block_rows", storage, bytes: weight.bytes, work, target) {
      builder throws(DiagnosticMessage) in try kernel.emit(builder)
    }
  }
}

/// The loops over tiles of rows of activations and rows of blocks.
private struct BlockRowsKernel {
  let rows: WindowRows
  let height: Int
  /// Lanes of vectors, widest first; 1 for numbers at the end.
  let widths: [Int]

  init(rows: WindowRows, height: Int, _ target: Target) {
    let arithmetic = rows.arithmetic
    (self.rows, self.height) = (rows, height)
    let lanes = target.vectors(of: arithmetic.element).map { $0 / arithmetic.bytes }
    widths = lanes.filter { height % $0 == 0 } + [1]
  }

  /// Rows of activations in a tile.
  func size(_ lanes: Int) -> Int {
    let parts = height / lanes
    let most = max(1, (lanes == widths[0] ? 12 : 8) / parts)
    let tiles = (rows.count + most - 1) / most
    return (rows.count + tiles - 1) / tiles
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let table = builder.sparseTable(rows.weight, rows.operand, rowAxis: rows.rowAxis)
    let finish = try rows.arithmetic.finishing(builder)
    var variants: [Kernel.Variant] = []
    for lanes in widths {
      builder.laneAxis = rows.laneAxis
      builder.loops(rows.outer, "n") { outer in
        let size = size(lanes)
        let start = builder.define("x0", rows.start(outer))
        func tile(_ row: Expr, _ count: Int) {
          let start = builder.define("x1", start + row * rows.step)
          builder.loop("b", table.blockRows) { block in
            let tile = BlockRowsTile(
              rows: rows, table: table, lanes: lanes, count: count, start: start, builder: builder)
            tile.run(block) { sum, number, column in
              let index = rows.index(outer, row + number, column)
              builder.store(finish(sum, index), to: rows.y, at: index)
            }
          }
        }
        let whole = rows.count / size * size
        builder.loop("r", to: .integer(whole), step: size) { tile($0, size) }
        if rows.count > whole { tile(.integer(whole), rows.count - whole) }
      }
      variants.append(
        .init(
          vectorBytes: lanes > 1 ? lanes * rows.arithmetic.bytes : 0,
          body: builder.takeStatements()))
    }
    return Kernel(title: "sparse_block_rows", variants: variants)
  }
}

/// The results of a row of blocks for some rows of activations.
private struct BlockRowsTile {
  let rows: WindowRows
  let table: SparseTable
  let lanes: Int
  /// Rows of activations.
  let count: Int
  /// Where the first row's activations begin.
  let start: Expr
  let builder: LoopBuilder

  private var parts: Int { table.height / lanes }

  /// Computes and hands out sums with their row and first column.
  func run(_ block: Expr, _ store: (_ sum: Expr, _ row: Int, _ column: Expr) -> Void) {
    let column = builder.define("j", block * table.height)
    let sums = (0..<(3 + count * parts) / (count * parts)).map { turn in self.sums(turn, column) }
    table.visit(row: block, turns: sums.count, builder) { turn, place, slot in
      let x = builder.define("x", start + place)
      let weights = (0..<parts).map {
        builder.define("w", table.value(slot, .integer($0 * lanes), lanes: lanes))
      }
      for (row, sums) in sums[turn].enumerated() {
        let activation = Expr.load(rows.x, x + row * rows.step, lanes: 1)
        let factor = builder.define("v", activation).splatted(lanes)
        for (sum, weight) in zip(sums, weights) { builder.accumulate(sum, factor * weight) }
      }
    }
    for row in 0..<count {
      for part in 0..<parts {
        let all = sums.map { Expr.variable($0[row][part]) }
        let pairs = stride(from: 0, to: all.count, by: 2).map { first in
          first + 1 < all.count ? all[first] + all[first + 1] : all[first]
        }
        let sum = pairs.dropFirst().reduce(pairs[0]) { $0 + $1 }
        store(sum, row, column + part * lanes)
      }
    }
  }

  /// Sums by row and part of the block; only those of the first turn start from what is given.
  private func sums(_ turn: Int, _ column: Expr) -> [[Variable]] {
    let zero = rows.arithmetic.zero.splatted(lanes)
    let firsts = (0..<parts).map { part in
      let first = turn == 0 ? rows.first(column + part * lanes, lanes) : zero
      return count > 1 ? builder.define("first", first) : first
    }
    return (0..<count).map { _ in firsts.map { builder.declare("a", $0) } }
  }
}
