import CoppiceIR

/// Gemm and MatMul with a sparse matrix on the right: one weight (or a block of four columns) at a
/// time for a tile of rows; a single row has several sums under way for each result.
struct SparseProduct: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage.isSparse, let p = site.product, p.arithmetic.isFloat,
      let weight = site.sparse(p.operand, storage, rowAxis: p.transposed ? 0 : 1),
      p.columns % weight.height == 0
    else { return nil }
    let form = p.rows > 1 ? "sparse_product" : "sparse_row"
    return Plan(
      form, storage, bytes: weight.bytes, work(p, weight, target), target
    ) { builder throws(DiagnosticMessage) in
      try emit(p, builder)
    }
  }

  private func work(
    _ p: ProductGeometry, _ weight: SparseWeight, _ target: Target
  ) -> Work {
    let passes = Double(p.y.shape.dropLast(2).reduce(1, *))
    let size = min(p.rows, max(1, 16 / weight.height))
    let tiles = passes * Double((p.rows + size - 1) / size)
    let rows = passes * Double(p.rows)
    let blocks = Double(weight.blockRows)
    let height = Double(weight.height)
    var work = Work()
    work[.tile] = blocks * tiles
    work[.line] = weight.lines * tiles
    work[.step] = weight.slots * tiles
    work[.load] = weight.slots * rows
    work[.fma] = weight.slots * height * rows
    work[.store] = blocks * height * rows
    if p.rows == 1, Self.turns(weight.height) == 1 { work[.chain] = work[.step] }
    for (first, count) in [(0, p.rows / size), (p.rows / size * size, 1)] {
      let places = (0..<min(size, p.rows - first)).map { $0 * p.x.strides[p.x.rank - 2] }
      work.reaches(places, times: weight.slots * passes * Double(count), target)
    }
    work.tests(weight, passes: tiles, unrolled: p.rows == 1)
    work.reads(weight.bytes, passes: passes, target)
    return work
  }

  /// Sums that a result of a single row has under way, by the rows of a block: with many rows there
  /// are sums enough, but each waits for itself.
  private static func turns(_ height: Int) -> Int { height == 1 ? 4 : height < 8 ? 2 : 1 }

  private func emit(
    _ p: ProductGeometry, _ builder: LoopBuilder
  ) throws(DiagnosticMessage) -> Kernel {
    let table = builder.sparseTable(p.weight, p.operand, rowAxis: p.transposed ? 0 : 1)
    let finish = try p.arithmetic.finishing(builder)
    let size = min(p.rows, max(1, 16 / table.height))
    let full = p.rows / size * size
    builder.loops(Array(p.y.shape.dropLast(2)), "n") { outer in
      builder.loop("b", table.blockRows) { block in
        if p.rows == 1 { return single(p, table, outer, block, finish, builder) }
        builder.loop("r", to: .integer(full), step: size) {
          tile(p, table, outer, block, $0, size, finish, builder)
        }
        if p.rows > full {
          tile(p, table, outer, block, .integer(full), p.rows - full, finish, builder)
        }
      }
    }
    return Kernel(
      title: "sparse_product", variants: [.init(vectorBytes: 0, body: builder.takeStatements())])
  }

  private func tile(
    _ p: ProductGeometry, _ table: SparseTable, _ outer: [Expr], _ block: Expr, _ row: Expr,
    _ count: Int, _ finish: SumFinish, _ builder: LoopBuilder
  ) {
    let start = builder.define("x0", p.x.at(outer + [row, .integer(0)]))
    let (strideR, strideK) = (p.x.strides[p.x.rank - 2], p.x.strides[p.x.rank - 1])
    let parts = TilePart.scalars(count, 1, (strideR, 0))
    let sums = SparseSums(table, parts, builder) { _ in p.arithmetic.zero }
    let (none, one) = (Expr.integer(0), Expr.integer(1))
    table.visit(
      table.cursor(block, builder), first: none, count: 1, from: none, to: one, builder,
      enter: { _ in start }
    ) { base, column, slot in
      let x = builder.define("xk", base + column * strideK)
      sums.add(slot, p.x.buffer, x, builder)
    }
    sums.store { sum, lane, part in
      let index = outer + [row + part.row, block * table.height + lane]
      builder.store(finish(sum, index), to: p.y, at: index)
    }
  }

  /// One row: sums of every second or fourth nonzero, which are added at the end.
  private func single(
    _ p: ProductGeometry, _ table: SparseTable, _ outer: [Expr], _ block: Expr,
    _ finish: SumFinish, _ builder: LoopBuilder
  ) {
    let start = builder.define("x0", p.x.at(outer + [.integer(0), .integer(0)]))
    let strideK = p.x.strides[p.x.rank - 1]
    let turns = table.readsSeveral ? Self.turns(table.height) : 1
    let zero = p.arithmetic.zero
    let sums = (0..<turns).map { _ in
      (0..<table.height).map { _ in builder.declare("a", zero) }
    }
    table.visit(row: block, turns: turns, builder) { turn, column, slot in
      let x = builder.define("x", .load(p.x.buffer, start + column * strideK, lanes: 1))
      for (number, sum) in sums[turn].enumerated() {
        builder.accumulate(sum, x * table.value(slot, .integer(number)))
      }
    }
    for number in 0..<table.height {
      let parts = sums.map { Expr.variable($0[number]) }
      let pairs =
        turns == 1 ? parts : stride(from: 0, to: turns, by: 2).map { parts[$0] + parts[$0 + 1] }
      let total = pairs.dropFirst().reduce(pairs[0]) { $0 + $1 }
      let index = outer + [.integer(0), block * table.height + number]
      builder.store(finish(total, index), to: p.y, at: index)
    }
  }
}
