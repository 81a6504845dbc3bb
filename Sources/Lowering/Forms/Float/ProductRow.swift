import CoppiceIR

/// A product of floats with constant weights, row by row: eight columns at once, whose weights lie
/// interleaved.
struct ProductRow: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasFloatPrograms, storage == .dense, let p = site.product,
      let layer = ProductRowLayer(p)
    else { return nil }
    return Plan(
      "product_row", .dense, bytes: layer.bytes, scratch: layer.scratchBytes, layer.work, target
    ) { builder throws(DiagnosticMessage) in try layer.emit(builder) }
  }
}

/// The loops of a product by rows.
struct ProductRowLayer {
  private let p: ProductGeometry

  init?(_ p: ProductGeometry) {
    guard p.arithmetic.element == .float32, p.weight.type.element == .float32,
      p.x.stored == .float32, p.arithmetic.start == nil,
      p.y.shape.dropLast().reduce(p.weight.type.count, *) >= Self.least
    else { return nil }
    self.p = p
    // Columns and inputs that are only there to fill a turn take flash.
    guard 16 * bytes <= 17 * p.weight.type.byteCount else { return nil }
  }

  /// Products that a program of its own is worth.
  private static let least = 1024

  private var turns: Int { (p.depth + 3) / 4 }
  private var blocks: Int { (p.columns + 7) / 8 }
  /// Blocks whose sums are kept at once, so that they take little memory.
  private var chunk: Int { min(blocks, 8) }
  private var rows: Int { p.y.shape.dropLast(1).reduce(1, *) }
  private var stride: Int { p.x.strides[p.x.rank - 1] }
  /// Whether rows are read where they lie.
  private var isDirect: Bool { p.depth % 4 == 0 && stride == 1 }

  var bytes: Int { blocks * turns * 128 }

  var scratchBytes: Int { chunk * 32 + (isDirect ? 0 : turns * 16) }

  var work: Work {
    let rows = Double(self.rows)
    var work = Work()
    work[.tile] = rows * Double(blocks)
    work[.fma] = rows * Double(blocks * turns * 32)
    work[.line] = rows * Double((blocks + chunk - 1) / chunk)
    work[.copy] = isDirect ? 0 : rows * Double(p.depth)
    work[.store] = Double(p.y.count)
    return work
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let table = weights.buffer(builder, "packed", operand: p.operand)
    let sums = builder.scratch(.float32, [8 * chunk], "sums").buffer
    let copy = isDirect ? nil : builder.scratch(.float32, [4 * turns], "row").buffer
    let finish = try p.arithmetic.finishing(builder)
    builder.loops(Array(p.y.shape.dropLast(1)), "r") { row in
      let start = builder.define("x0", p.x.at(row + [.integer(0)]))
      if let copy { fill(copy, from: start, builder) }
      builder.loop("g", to: .integer(blocks), step: chunk) { first in
        let left = (Expr.integer(blocks) - first).minimum(.integer(chunk))
        let count = blocks % chunk == 0 ? .integer(chunk) : builder.define("count", left)
        let x = copy.map { ($0, Expr.integer(0)) } ?? (p.x.buffer, start)
        multiply(x, table, sums, first, count, builder)
        let columns = (Expr.integer(p.columns) - first * 8).minimum(.integer(8 * chunk))
        builder.loop("j", to: p.columns % (8 * chunk) == 0 ? .integer(8 * chunk) : columns) {
          let index = row + [first * 8 + $0]
          builder.store(finish(.load(sums, $0, lanes: 1), index), to: p.y, at: index)
        }
      }
    }
    return Kernel(title: "product_row", variants: [.init(body: builder.takeStatements())])
  }

  /// Copies a row, with zeros behind it.
  private func fill(_ copy: Buffer, from start: Expr, _ builder: LoopBuilder) {
    builder.loop("k", p.depth) { k in
      builder.emit(.store(copy, k, .load(p.x.buffer, start + k * stride, lanes: 1)))
    }
    for k in p.depth..<(4 * turns) {
      builder.emit(.store(copy, .integer(k), .constant(0, .float32)))
    }
  }

  private func multiply(
    _ x: (buffer: Buffer, place: Expr), _ table: Buffer, _ sums: Buffer, _ block: Expr,
    _ count: Expr, _ builder: LoopBuilder
  ) {
    let from = builder.define("w1", block * (turns * 32))
    builder.microkernel(
      .row, [],
      [
        .address(x.buffer, x.place), .address(table, from), .address(sums, .integer(0)),
        .number(.integer(turns)), .number(count),
      ]
    ) {
      builder.loop("b", to: count) { block in
        let first = builder.define("w0", from + block * (turns * 32))
        let eight = (0..<8).map { _ in builder.declare("a", .constant(0, .float32)) }
        builder.loop("k", 4 * turns) { k in
          let value = builder.define("x", .load(x.buffer, x.place + k, lanes: 1))
          for (number, sum) in eight.enumerated() {
            builder.accumulate(sum, value * .load(table, first + k * 8 + number, lanes: 1))
          }
        }
        for (number, sum) in eight.enumerated() {
          builder.emit(.store(sums, block * 8 + number, .variable(sum)))
        }
      }
    }
  }

  private var weights: FloatTable {
    let (p, turns) = (p, turns)
    let numbers = p.weight.floats
    return FloatTable(blocks * turns * 32) { place in
      let (block, rest) = place.quotientAndRemainder(dividingBy: turns * 32)
      let (column, k) = (block * 8 + rest % 8, rest / 8)
      guard column < p.columns, k < p.depth else { return 0 }
      return numbers[p.transposed ? column * p.depth + k : k * p.columns + column]
    }
  }
}
