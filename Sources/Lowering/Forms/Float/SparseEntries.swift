import CoppiceIR

/// A row of floats times a sparse matrix: each nonzero loads the activation that its index names.
struct SparseEntries: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasFloatPrograms, storage == StorageKind(IndexRows.self), let p = site.product,
      p.rows == 1, p.arithmetic.element == .float32, p.weight.type.element == .float32,
      p.x.stored == .float32, p.x.strides[p.x.rank - 1] == 1, p.arithmetic.start == nil,
      p.weight.type.count >= Self.least,
      let weight = site.sparse(p.operand, storage, rowAxis: p.transposed ? 0 : 1),
      weight.height == 1
    else { return nil }
    let layer = SparseEntriesLayer(p: p)
    return Plan(
      "sparse_entries", storage, bytes: weight.bytes, scratch: layer.scratchBytes,
      layer.work(weight), target
    ) { builder throws(DiagnosticMessage) in try layer.emit(builder) }
  }

  /// Weights that a program of its own is worth.
  private static let least = 1024
}

/// The loops of a row times a sparse matrix.
private struct SparseEntriesLayer {
  let p: ProductGeometry

  /// Rows of the table whose sums are kept at once, so that they take little memory.
  private var chunk: Int { min(p.columns, 64) }

  var scratchBytes: Int { chunk * 4 }

  func work(_ weight: SparseWeight) -> Work {
    let passes = Double(p.y.shape.dropLast(2).reduce(1, *))
    var work = Work()
    work[.tile] = passes * Double(p.columns)
    work[.line] = passes * Double((p.columns + chunk - 1) / chunk)
    work[.step] = passes * weight.slots
    work[.store] = Double(p.y.count)
    return work
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let table = builder.sparseTable(p.weight, p.operand, rowAxis: p.transposed ? 0 : 1)
    guard let entries = table.entries else {
      preconditionFailure("index rows have no index for each entry")
    }
    let sums = builder.scratch(.float32, [chunk], "sums").buffer
    let finish = try p.arithmetic.finishing(builder)
    let none = Expr.integer(0)
    builder.loops(Array(p.y.shape.dropLast(2)), "n") { outer in
      let x = builder.define("x0", p.x.at(outer + [none, none]))
      builder.loop("j", to: .integer(p.columns), step: chunk) { first in
        let left = (Expr.integer(p.columns) - first).minimum(.integer(chunk))
        let count =
          p.columns % chunk == 0 ? .integer(chunk) : builder.define("count", left)
        rows(table, entries, x, first, count, sums, builder)
        builder.loop("r", to: count) {
          let index = outer + [none, first + $0]
          builder.store(finish(.load(sums, $0, lanes: 1), index), to: p.y, at: index)
        }
      }
    }
    return Kernel(title: "sparse_entries", variants: [.init(body: builder.takeStatements())])
  }

  private func rows(
    _ table: SparseTable, _ entries: SparseTable.Entries, _ x: Expr, _ first: Expr, _ count: Expr,
    _ sums: Buffer, _ builder: LoopBuilder
  ) {
    let none = Expr.integer(0)
    let start = table.entryStart(first)
    builder.microkernel(
      .entries, [entries.starts.element.bits / 8, entries.columns.element.bits / 8],
      [
        .address(p.x.buffer, x), .address(table.values, start),
        .address(entries.columns, start), .address(sums, none),
        .address(entries.starts, first), .number(count),
      ]
    ) {
      builder.loop("r", to: count) { row in
        let sum = builder.declare("a", .constant(0, .float32))
        table.visit(
          table.cursor(first + row, builder), first: none, count: 1, from: none,
          to: .integer(1), builder, enter: { _ in x }
        ) { base, column, slot in
          let value = Expr.load(p.x.buffer, base + column, lanes: 1)
          builder.accumulate(sum, value * table.value(slot))
        }
        builder.emit(.store(sums, row, .variable(sum)))
      }
    }
  }
}
