import CoppiceIR

/// A product of quantized numbers with constant weights on packed integers: rows of activations are
/// widened to halves, and meet the weights of four columns at once, which lie interleaved.
struct ProductDot: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasPackedIntegers, storage == .dense, let p = site.product,
      let sums = PackedSums(site, p.arithmetic), p.depth > 0
    else { return nil }
    let layer = ProductDotLayer(p: p, sums: sums)
    return Plan(
      "product_dot", .dense, bytes: layer.bytes, scratch: layer.scratchBytes, layer.work, target
    ) { builder throws(DiagnosticMessage) in try layer.emit(builder) }
  }
}

/// The loops of a product on packed integers.
struct ProductDotLayer {
  let p: ProductGeometry
  let sums: PackedSums

  private var row: WidenedRow { WidenedRow(p: p, isSigned: sums.isSigned) }
  private var steps: Int { row.steps }
  private var groups: Int { (p.columns + 3) / 4 }
  /// Words of four columns: their starts, and a word of each for each step.
  private var record: Int { 4 + 4 * steps }
  /// Groups whose sums are kept at once, so that they take little memory.
  private var chunk: Int { min(groups, 16) }
  private var rows: Int { p.y.shape.dropLast(1).reduce(1, *) }

  var bytes: Int { groups * record * 4 }

  var scratchBytes: Int { row.scratchBytes + chunk * 16 }

  var work: Work {
    var work = Work()
    let rows = Double(self.rows)
    work[.tile] = rows * Double(groups)
    work[.step] = rows * Double(groups * steps)
    work[.line] = rows
    work[.copy] = rows * row.copies
    work[.store] = Double(p.y.count)
    return work
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let table = weights().buffer(builder, "packed", operand: p.operand)
    let widened = row.memory(builder)
    let results = builder.scratch(.int32, [4 * chunk], "sums").buffer
    let finish = try p.arithmetic.finishing(builder)
    builder.loops(Array(p.y.shape.dropLast(1)), "r") { row in
      widened.fill(row, builder)
      builder.loop("g", to: .integer(groups), step: chunk) { first in
        let left = Expr.integer(groups) - first
        let count =
          groups % chunk == 0
          ? Expr.integer(chunk) : builder.define("count", left.minimum(.integer(chunk)))
        multiply(widened.tile, table, results, first, count, builder)
        let columns = (Expr.integer(p.columns) - first * 4).minimum(.integer(4 * chunk))
        builder.loop("j", to: p.columns % (4 * chunk) == 0 ? .integer(4 * chunk) : columns) {
          let index = row + [first * 4 + $0]
          builder.store(finish(.load(results, $0, lanes: 1), index), to: p.y, at: index)
        }
      }
    }
    return Kernel(title: "product_dot", variants: [.init(body: builder.takeStatements())])
  }

  private func multiply(
    _ tile: Buffer, _ table: Buffer, _ results: Buffer, _ start: Expr, _ count: Expr,
    _ builder: LoopBuilder
  ) {
    let none = Expr.integer(0)
    let from = builder.define("w1", start * record)
    builder.microkernel(
      .rows, [steps],
      [
        .address(tile, none), .address(table, from), .address(results, none), .number(count),
      ]
    ) {
      builder.loop("g", to: count) { group in
        let first = builder.define("w0", from + group * record)
        let sums = (0..<4).map {
          builder.declare("s\($0)_", Expr.load(table, first + $0, lanes: 1).asSum)
        }
        builder.loop("k", steps) { k in
          let even = builder.define("a", .load(tile, k * 2, lanes: 1))
          let odd = builder.define("b", .load(tile, k * 2 + 1, lanes: 1))
          for (number, sum) in sums.enumerated() {
            let word = builder.define("w", .load(table, first + k * 4 + (4 + number), lanes: 1))
            builder.accumulate(sum, even, dot: .packed(.widenEven, word))
            builder.accumulate(sum, odd, dot: .packed(.widenOdd, word))
          }
        }
        for (number, sum) in sums.enumerated() {
          builder.emit(.store(results, group * 4 + number, .variable(sum)))
        }
      }
    }
  }

  private func weights() -> WordTable {
    let numbers = sums.weightNumbers()
    func weight(_ column: Int, _ k: Int) -> Int8 { p.weight(column, k, in: numbers) }
    var table = WordTable()
    for group in 0..<groups {
      let four = (0..<4).map { group * 4 + $0 }
      for column in four {
        let sum = (0..<p.depth).reduce(0) { $0 + Int(weight(column, $1)) }
        table.append(column < p.columns ? sums.start(column, weights: sum) : 0)
      }
      for step in 0..<steps {
        for column in four {
          table.append(bytes: (0..<4).map { weight(column, step * 4 + $0) })
        }
      }
    }
    return table
  }
}
