import CoppiceIR

/// A product of quantized numbers with sparse weights on packed integers: a row of activations is
/// widened to halves, and each column of the result meets those that its nonzeros ask for.
///
/// With index rows a pair of weights, an even or an odd two of four, has an index; with blocks (2x4) the
/// four inputs of two columns have one.
struct SparseProductDot: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasPackedIntegers, storage == .indexRows || storage == .blocks2x4,
      let p = site.product, let sums = PackedSums(site, p.arithmetic), p.depth > 0,
      p.depth <= 1 << 16
    else { return nil }
    let isBlocked = storage == .blocks2x4
    let layer = SparseProductDotLayer(p, sums, isBlocked: isBlocked)
    return Plan(
      isBlocked ? "sparse_rows_blocks" : "sparse_rows_pairs", storage, bytes: layer.bytes,
      scratch: layer.scratchBytes, layer.work, target
    ) { builder throws(DiagnosticMessage) in try layer.emit(builder) }
  }
}

/// The loops of a sparse product on packed integers.
struct SparseProductDotLayer {
  private let p: ProductGeometry
  private let row: WidenedRow
  private let isBlocked: Bool
  private let weights: SparseRows

  /// Groups whose sums are kept at once, so that they take little memory.
  private static let chunk = 32

  init(_ p: ProductGeometry, _ sums: PackedSums, isBlocked: Bool) {
    self.p = p
    self.isBlocked = isBlocked
    row = WidenedRow(p: p, isSigned: sums.isSigned)
    weights = SparseRows(p, sums, isBlocked: isBlocked, chunk: Self.chunk)
  }

  /// Columns that share an index.
  private var height: Int { isBlocked ? 2 : 1 }
  private var groups: Int { (p.columns + height - 1) / height }
  private var chunk: Int { min(groups, Self.chunk) }
  /// Bytes of an index.
  private var indexBytes: Int { row.steps * (isBlocked ? 1 : 2) > 256 ? 2 : 1 }
  private var rows: Int { p.y.shape.dropLast(1).reduce(1, *) }

  var bytes: Int {
    weights.table.words.count * 4 + weights.places.count * indexBytes + weights.starts.words.count
      * 4
  }

  var scratchBytes: Int { row.scratchBytes + chunk * height * 4 }

  var work: Work {
    var work = Work()
    let rows = Double(self.rows)
    work[.tile] = rows * Double(groups)
    work[.step] = rows * Double(weights.steps)
    work[.line] = rows
    work[.copy] = rows * row.copies
    work[.store] = Double(p.y.count)
    return work
  }

  /// The constants and the memory of the layer.
  private struct Buffers {
    let table: Buffer
    let places: Buffer
    let starts: Buffer
    let results: Buffer
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let widened = row.memory(builder)
    let buffers = Buffers(
      table: weights.table.buffer(builder, "packed", operand: p.operand),
      places: placesBuffer(builder),
      starts: weights.starts.buffer(builder, "starts", operand: p.operand),
      results: builder.scratch(.int32, [chunk * height], "sums").buffer)
    let finish = try p.arithmetic.finishing(builder)
    let chunks = (groups + chunk - 1) / chunk
    builder.loops(Array(p.y.shape.dropLast(1)), "r") { row in
      widened.fill(row, builder)
      builder.loop("g", chunks) { part in
        let left = Expr.integer(groups) - part * chunk
        let count =
          groups % chunk == 0
          ? Expr.integer(chunk) : builder.define("count", left.minimum(.integer(chunk)))
        multiply(widened.tile, buffers, part, count, builder)
        let (all, first) = (chunk * height, part * (chunk * height))
        let columns = (Expr.integer(p.columns) - first).minimum(.integer(all))
        builder.loop("j", to: p.columns % all == 0 ? .integer(all) : columns) {
          let index = row + [first + $0]
          builder.store(finish(.load(buffers.results, $0, lanes: 1), index), to: p.y, at: index)
        }
      }
    }
    return Kernel(title: "sparse_rows", variants: [.init(body: builder.takeStatements())])
  }

  private func placesBuffer(_ builder: LoopBuilder) -> Buffer {
    let places = weights.places.isEmpty ? [0] : weights.places
    let isWide = indexBytes == 2
    let bytes =
      isWide ? Bytes(places.map { UInt16($0).littleEndian }) : Bytes(places.map { UInt8($0) })
    return builder.addConstant(
      bytes, isWide ? .uint16 : .uint8, places.count, "places", p.operand)
  }

  private func multiply(
    _ tile: Buffer, _ buffers: Buffers, _ part: Expr, _ count: Expr, _ builder: LoopBuilder
  ) {
    func start(_ which: Int) -> Expr {
      Expr.load(buffers.starts, part * 2 + which, lanes: 1).converted(to: .index)
    }
    let none = Expr.integer(0)
    let word = builder.define("w0", start(0))
    let place = builder.define("p0", start(1))
    builder.microkernel(
      isBlocked ? .rowBlocks : .rowPairs, [indexBytes],
      [
        .address(tile, none), .address(buffers.table, word), .address(buffers.places, place),
        .address(buffers.results, none), .number(count),
      ]
    ) {
      let at = builder.declare("w", word)
      let next = builder.declare("p", place)
      builder.loop("g", to: count) { group in
        let sums = (0..<height).map {
          builder.declare("s\($0)_", load(buffers.table, at, $0).asSum)
        }
        let steps = builder.define("steps", load(buffers.table, at, height).converted(to: .index))
        builder.accumulate(at, .integer(height + 1))
        builder.loop("k", to: steps) { _ in
          if isBlocked {
            block(sums, tile, buffers, at, next, builder)
          } else {
            pairs(sums[0], tile, buffers, at, next, builder)
          }
        }
        for (number, sum) in sums.enumerated() {
          builder.emit(.store(buffers.results, group * height + number, .variable(sum)))
        }
      }
    }
  }

  private func load(_ buffer: Buffer, _ place: Variable, _ offset: Int) -> Expr {
    .load(buffer, .variable(place) + offset, lanes: 1)
  }

  /// Two pairs of one column.
  private func pairs(
    _ sum: Variable, _ tile: Buffer, _ buffers: Buffers, _ at: Variable, _ next: Variable,
    _ builder: LoopBuilder
  ) {
    let word = builder.define("both", load(buffers.table, at, 0))
    for (number, op) in [PackedOp.widenEven, .widenOdd].enumerated() {
      let place = load(buffers.places, next, number).converted(to: .index)
      builder.accumulate(sum, .load(tile, place, lanes: 1), dot: .packed(op, word))
    }
    builder.accumulate(at, .integer(1))
    builder.accumulate(next, .integer(2))
  }

  /// Four inputs of two columns.
  private func block(
    _ sums: [Variable], _ tile: Buffer, _ buffers: Buffers, _ at: Variable, _ next: Variable,
    _ builder: LoopBuilder
  ) {
    let place = builder.define("x", load(buffers.places, next, 0).converted(to: .index) * 2)
    for (number, sum) in sums.enumerated() {
      let word = builder.define("four", load(buffers.table, at, number))
      for (half, op) in [PackedOp.widenEven, .widenOdd].enumerated() {
        builder.accumulate(sum, .load(tile, place + half, lanes: 1), dot: .packed(op, word))
      }
    }
    builder.accumulate(at, .integer(2))
    builder.accumulate(next, .integer(1))
  }
}

/// The weights of a sparse product in the order that programs read them.
private struct SparseRows {
  /// Starts of sums and the number of steps of each group, with the weights of its steps.
  private(set) var table = WordTable()
  /// What each step reads among the activations.
  private(set) var places: [Int] = []
  /// Where the words and the places of each part of the groups begin.
  private(set) var starts = WordTable()
  /// Steps of all groups.
  private(set) var steps = 0

  init(_ p: ProductGeometry, _ sums: PackedSums, isBlocked: Bool, chunk: Int) {
    let numbers = sums.weightNumbers()
    let height = isBlocked ? 2 : 1
    for group in 0..<((p.columns + height - 1) / height) {
      if group % chunk == 0 {
        starts.append(Int32(table.words.count))
        starts.append(Int32(places.count))
      }
      let columns = (0..<height).map { group * height + $0 }
      for column in columns {
        let sum = (0..<p.depth).reduce(0) { $0 + Int(p.weight(column, $1, in: numbers)) }
        table.append(column < p.columns ? sums.start(column, weights: sum) : 0)
      }
      if isBlocked { blocks(columns, p, numbers) } else { pairs(columns[0], p, numbers) }
    }
  }

  private mutating func blocks(_ columns: [Int], _ p: ProductGeometry, _ numbers: [Int8]) {
    let all = (0..<((p.depth + 3) / 4)).map { step in
      columns.map { column in (0..<4).map { p.weight(column, step * 4 + $0, in: numbers) } }
    }
    let kept = all.indices.filter { all[$0].contains { $0.contains { $0 != 0 } } }
    table.append(Int32(kept.count))
    for step in kept {
      for four in all[step] { table.append(bytes: four) }
      places.append(step)
    }
    steps += kept.count
  }

  private mutating func pairs(_ column: Int, _ p: ProductGeometry, _ numbers: [Int8]) {
    var kept: [(place: Int, low: Int8, high: Int8)] = []
    for step in 0..<((p.depth + 3) / 4) {
      for odd in 0..<2 {
        let low = p.weight(column, step * 4 + odd, in: numbers)
        let high = p.weight(column, step * 4 + odd + 2, in: numbers)
        if low != 0 || high != 0 { kept.append((step * 2 + odd, low, high)) }
      }
    }
    if kept.count % 2 == 1 { kept.append((kept[kept.count - 1].place, 0, 0)) }
    table.append(Int32(kept.count / 2))
    for first in stride(from: 0, to: kept.count, by: 2) {
      let (a, b) = (kept[first], kept[first + 1])
      table.append(bytes: [a.low, b.low, a.high, b.high])
      places += [a.place, b.place]
    }
    steps += kept.count / 2
  }
}
