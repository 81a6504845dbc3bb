import CoppiceIR

/// A row times a sparse matrix in blocks of four inputs: four activations side by side meet a block in
/// a vector, and the lanes of four results are added together at the end.
struct SparseInputRows: KernelForm {
  private static let width = 4

  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage == .inputBlocks, let rows = WindowRows(site), rows.arithmetic.isFloat,
      rows.count == 1, rows.columns % Self.width == 0, rows.depth >= Self.width,
      target.vectors(of: rows.arithmetic.element).contains(Self.width * rows.arithmetic.bytes),
      let weight = site.sparse(rows.operand, storage, rowAxis: rows.rowAxis)
    else { return nil }
    let outer = Double(rows.outer.reduce(1, *))
    var work = Work()
    work[.tile] = Double(rows.columns) * outer
    work[.step] = weight.slots / Double(Self.width) * outer
    work[.fma] = work[.step]
    work[.store] = Double(rows.columns / Self.width) * outer
    work.reads(weight.bytes, passes: outer, target)
    return Plan("sparse_input_rows", storage, bytes: weight.bytes, work, target) {
      builder throws(DiagnosticMessage) in try emit(rows, builder)
    }
  }

  private func emit(
    _ rows: WindowRows, _ builder: LoopBuilder
  ) throws(DiagnosticMessage) -> Kernel {
    let table = builder.sparseTable(rows.weight, rows.operand, rowAxis: rows.rowAxis)
    let finish = try rows.arithmetic.finishing(builder)
    var variants: [Kernel.Variant] = []
    for lanes in [Self.width, 1] {
      builder.laneAxis = rows.laneAxis
      builder.loops(rows.outer, "n") { outer in
        let start = builder.define("x0", rows.start(outer))
        builder.loop("g", rows.columns / Self.width) { group in
          let column = builder.define("j", group * Self.width)
          let results = (0..<Self.width).map { number in
            sums(rows, table, start, column + number, lanes, builder)
          }
          func store(_ sum: Expr, _ column: Expr) {
            let index = rows.index(outer, .integer(0), column)
            let isPlain = rows.arithmetic.start == nil
            let all = isPlain ? sum : sum + rows.first(column, lanes)
            builder.store(finish(all, index), to: rows.y, at: index)
          }
          if lanes > 1 { return store(added(results.map { $0[0] }, builder), column) }
          for (number, parts) in results.enumerated() {
            store((parts[0] + parts[2]) + (parts[1] + parts[3]), column + number)
          }
        }
      }
      variants.append(
        .init(
          vectorBytes: lanes > 1 ? lanes * rows.arithmetic.bytes : 0,
          body: builder.takeStatements()))
    }
    return Kernel(title: "sparse_input_rows", variants: variants)
  }

  /// The sums of a result: a vector, or four numbers.
  private func sums(
    _ rows: WindowRows, _ table: SparseTable, _ start: Expr, _ column: Expr, _ lanes: Int,
    _ builder: LoopBuilder
  ) -> [Expr] {
    let zero = rows.arithmetic.zero.splatted(lanes)
    let turns = lanes > 1 ? 2 : 1
    let sums = (0..<(turns * Self.width / lanes)).map { _ in builder.declare("a", zero) }
    table.visitBlocks(row: column, turns: turns, builder) { turn, place, slot in
      let x = builder.define("x", start + place)
      for part in 0..<(Self.width / lanes) {
        let activation = Expr.load(rows.x, x + part, lanes: lanes)
        let sum = sums[turn * Self.width / lanes + part]
        builder.accumulate(sum, activation * table.value(slot, .integer(part), lanes: lanes))
      }
    }
    if lanes == 1 { return sums.map { .variable($0) } }
    return [.variable(sums[0]) + .variable(sums[1])]
  }

  /// The lanes of each of four vectors added, in a vector of four.
  private func added(_ sums: [Expr], _ builder: LoopBuilder) -> Expr {
    let parts = sums.map { builder.define("s", $0) }
    let halves = [0, 2].map { first -> Expr in
      let (a, b) = (parts[first], parts[first + 1])
      return builder.define(
        "h", .shuffle(a, b, [0, 4, 1, 5]) + .shuffle(a, b, [2, 6, 3, 7]))
    }
    return .shuffle(halves[0], halves[1], [0, 1, 4, 5])
      + .shuffle(halves[0], halves[1], [2, 3, 6, 7])
  }
}
