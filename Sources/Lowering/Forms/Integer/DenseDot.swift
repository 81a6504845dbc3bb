import CoppiceIR

/// Dense convolution of quantized numbers on packed integers.
///
/// The windows of a band of positions are widened once to halves, two positions interleaved; then two
/// channels at a time are widened to memory and meet all of them, two positions at once.
struct DenseDot: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasPackedIntegers, storage == .dense, let g = site.convolution,
      let sums = PackedSums(site, g.arithmetic), let band = WindowBand(g, target),
      g.y.shape[1] >= 2
    else { return nil }
    let layer = DenseDotLayer(g: g, sums: sums, band: band)
    return Plan(
      "conv_dot", .dense, bytes: layer.bytes, scratch: layer.scratchBytes, layer.work, target
    ) { builder throws(DiagnosticMessage) in try layer.emit(builder) }
  }
}

/// How a band of windows is laid out in memory.
struct WindowBand {
  /// Rows and columns of positions.
  let rows: Int
  let columns: Int
  /// Words of bytes in a row of a window.
  let words: Int
  /// Rows of a window.
  let windowRows: Int
  /// Whether windows are read where the operand lies.
  let isDirect: Bool
  /// Numbers in a row of the padded copy.
  let copyWidth: Int
  /// Rows of the padded copy.
  let copyHeight: Int

  /// Four inputs of a position each.
  var steps: Int { windowRows * words }
  /// Positions.
  var positions: Int { rows * columns }

  /// Plans a band.
  ///
  /// - Returns: `nil` where windows are no rows of bytes.
  init?(_ g: ConvolutionGeometry, _ target: Target) {
    let w = g.window
    let isDense = zip(w.kernel, w.dilations).allSatisfy { $0 == 1 || $1 == 1 }
    let flattens = g.outHeight == 1 || g.y.strides[2] == g.outWidth * g.y.strides[3]
    guard g.group == 1, isDense, flattens, g.outWidth >= 2 else { return nil }
    let depth = g.weight.type.shape[1]
    let bytes = w.kernel[1] * depth
    windowRows = w.kernel[0]
    words = (bytes + 3) / 4
    let isInside = g.inner == 0..<g.outWidth && g.innerRows == g.outRows
    let isRow =
      (depth == 1 || g.x.strides[1] == 1) && (w.kernel[1] == 1 || g.strideW == depth)
    isDirect = isInside && isRow && bytes % 4 == 0
    let activations = g.x.count * g.x.element.bits / 8 + g.y.count * g.y.element.bits / 8
    let limit = target.bandPositions(of: windowRows * words * 8, beside: activations)
    if g.outHeight > 1, g.outWidth <= limit {
      rows = max(1, min(g.outHeight, limit / g.outWidth))
      columns = g.outWidth
    } else {
      rows = 1
      columns = Self.part(of: g.outWidth, limit: limit)
    }
    let width = (columns - 1) * w.strides[1] + w.kernel[1]
    copyWidth = isDirect ? 0 : (width * depth + 3) / 4 * 4 + 4
    copyHeight = isDirect ? 0 : (rows - 1) * w.strides[0] + w.kernel[0]
  }

  /// An even number of columns that leaves no single one over.
  private static func part(of count: Int, limit: Int) -> Int {
    if count <= limit { return count }
    let parts = (count + limit - 1) / limit
    var size = ((count + parts - 1) / parts + 1) / 2 * 2
    while count % size == 1 { size += 2 }
    return min(size, count)
  }
}

/// The loops of a dense convolution on packed integers.
struct DenseDotLayer {
  let g: ConvolutionGeometry
  let sums: PackedSums
  let band: WindowBand

  private var weights: DotWeights { DotWeights(g: g, sums: sums, words: band.words) }
  private var pairs: Int { weights.pairs }
  private var isRequantized: Bool { sums.requantization != nil }

  var bytes: Int { weights.bytes }

  private var tileWords: Int { (band.positions + 1) / 2 * band.steps * 4 }

  var scratchBytes: Int {
    tileWords * 4 + weights.streamWords * 4 + band.copyWidth * band.copyHeight
      + (isRequantized ? 0 : 8 * (band.positions + 1))
  }

  var work: Work {
    let bands = (g.outHeight + band.rows - 1) / band.rows
    let parts = (g.outWidth + band.columns - 1) / band.columns
    let visits = Double(g.y.shape[0] * bands * parts)
    let positions = Double(g.y.shape[0] * g.outHeight * g.outWidth)
    let tiles = (positions + visits) / 2 * Double(pairs)
    var work = Work()
    work[.tile] = tiles
    work[.step] = tiles * Double(band.steps)
    work[.load] = visits * Double(pairs * band.steps)
    work[.line] = visits * Double(pairs)
    work[.copy] =
      positions * Double(4 * band.steps) + visits * Double(band.copyWidth * band.copyHeight)
    work[.store] = isRequantized ? 0 : Double(g.y.count)
    return work
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let table = weights.table().buffer(builder, "packed", operand: g.operand)
    let finish = try g.arithmetic.finishing(builder)
    let scratch = Scratch(
      table: table,
      tile: builder.scratch(.uint32, [tileWords], "tile").buffer,
      stream: builder.scratch(.uint32, [weights.streamWords], "stream").buffer,
      copy: band.isDirect
        ? nil
        : builder.scratch(g.x.element, [band.copyHeight * band.copyWidth], "rows").buffer,
      sums: isRequantized
        ? nil : builder.scratch(.int32, [2 * (band.positions + 1)], "sums").buffer)
    builder.loop("n", g.y.shape[0]) { n in
      builder.loop("oy", to: .integer(g.outHeight), step: band.rows) { oy in
        builder.loop("ox", to: .integer(g.outWidth), step: band.columns) { ox in
          run(n, oy, ox, scratch, finish, builder)
        }
      }
    }
    return Kernel(title: "conv_dot", variants: [.init(body: builder.takeStatements())])
  }

  /// The memory of the layer.
  private struct Scratch {
    let table: Buffer
    let tile: Buffer
    let stream: Buffer
    let copy: Buffer?
    let sums: Buffer?
  }

  private func run(
    _ n: Expr, _ oy: Expr, _ ox: Expr, _ scratch: Scratch, _ finish: SumFinish,
    _ builder: LoopBuilder
  ) {
    let rows = left(g.outHeight, band.rows, from: oy, builder)
    let columns = left(g.outWidth, band.columns, from: ox, builder)
    widen(n, oy, ox, rows, columns, scratch, builder)
    let positions = builder.define("positions", rows * columns)
    builder.loop("b", pairs) { index in
      weights.widen(index, from: scratch.table, to: scratch.stream, builder)
      let channel = weights.channel(index, builder)
      let two = builder.define("pairs", positions / .integer(2))
      dot(n, channel, oy, ox, .integer(0), two, scratch, builder)
      if mayBeOdd {
        builder.when(combine(.rem, positions, .integer(2)).compared(.eq, .integer(1))) {
          dot(n, channel, oy, ox, builder.define("p", positions - 2), .integer(1), scratch, builder)
        }
      }
      if let sums = scratch.sums {
        store(n, channel, oy, ox, rows, columns, sums, finish, builder)
      }
    }
  }

  private var mayBeOdd: Bool {
    let columns = [band.columns, g.outWidth % band.columns]
    let rows = [band.rows, g.outHeight % band.rows]
    return columns.contains { $0 % 2 == 1 } && rows.contains { $0 % 2 == 1 }
  }

  /// How much of a part there is from some place on.
  private func left(_ count: Int, _ part: Int, from place: Expr, _ builder: LoopBuilder) -> Expr {
    if count % part == 0 { return .integer(part) }
    return builder.define("left", (.integer(count) - place).minimum(.integer(part)))
  }

  // MARK: - Activations

  private func widen(
    _ n: Expr, _ oy: Expr, _ ox: Expr, _ rows: Expr, _ columns: Expr, _ scratch: Scratch,
    _ builder: LoopBuilder
  ) {
    let w = g.window
    let image = g.x.at([n, .integer(0), .integer(0), .integer(0)])
    let depth = g.weight.type.shape[1]
    let source: (buffer: Buffer, rowStride: Int, step: Int)
    let start: Expr
    if let copy = scratch.copy {
      fill(copy, image, oy, ox, rows, builder)
      source = (copy, band.copyWidth, depth * w.strides[1])
      start = .integer(0)
    } else {
      source = (g.x.buffer, g.strideH, g.strideW * w.strides[1])
      start = builder.define(
        "x0", image + oy * (w.strides[0] * g.strideH) + ox * (w.strides[1] * g.strideW))
    }
    func windows(_ row: Expr, _ column: Expr, _ place: Expr, _ count: Expr) {
      let from = start + row * (w.strides[0] * source.rowStride) + column * source.step
      widen(source, from, place, count, scratch.tile, builder)
    }
    builder.loop("r", to: rows) { row in
      windows(row, .integer(0), builder.define("place", row * columns), columns)
    }
    guard mayBeOdd else { return }
    // The last position of an odd number is paired with the one before it once more.
    builder.when(combine(.rem, rows * columns, .integer(2)).compared(.eq, .integer(1))) {
      windows(rows - 1, columns - 2, builder.define("place", rows * columns - 1), .integer(2))
    }
  }

  /// Widens neighbouring windows into the tile from a place on.
  private func widen(
    _ source: (buffer: Buffer, rowStride: Int, step: Int), _ start: Expr, _ place: Expr,
    _ count: Expr, _ tile: Buffer, _ builder: LoopBuilder
  ) {
    let start = builder.define("x1", start)
    let odd = builder.define("odd", combine(.rem, place, .integer(2)))
    func slot(_ place: Expr) -> Expr {
      place / .integer(2) * (band.steps * 4) + combine(.rem, place, .integer(2)) * 2
    }
    let first = builder.define("t0", slot(place))
    let parameters = [
      band.windowRows, band.words, source.rowStride, source.step, sums.isSigned ? 1 : 0, 1,
    ]
    builder.microkernel(
      .windows, parameters,
      [.address(source.buffer, start), .address(tile, first), .number(count), .number(odd)]
    ) {
      builder.loop("p", to: count) { p in
        let target = builder.define("t", first - odd * 2 + slot(p + odd))
        let window = builder.define("x", start + p * source.step)
        builder.loop("ky", band.windowRows) { ky in
          builder.loop("k", band.words) { word in
            let place = builder.define("w", window + ky * source.rowStride + word * 4)
            let (even, odd) = builder.widened(source.buffer, place)
            let step = builder.define("s", target + (ky * band.words + word) * 4)
            builder.emit(.store(tile, step, even))
            builder.emit(.store(tile, step + 1, odd))
          }
        }
      }
    }
  }

  /// Copies the rows under a band, with the zero point around them.
  private func fill(
    _ copy: Buffer, _ image: Expr, _ oy: Expr, _ ox: Expr, _ rows: Expr, _ builder: LoopBuilder
  ) {
    let w = g.window
    let depth = g.weight.type.shape[1]
    let zero = Expr.constant(Double(sums.zeroPoint), copy.element)
    let height = rows * w.strides[0] + (w.kernel[0] - w.strides[0])
    let top = builder.define("top", oy * w.strides[0] - w.begin[0])
    let left = builder.define("left", ox * w.strides[1] - w.begin[1])
    let none = Expr.integer(0)
    let width = (band.columns - 1) * w.strides[1] + w.kernel[1]
    let from = builder.define("from", (none - left).maximum(none))
    let to = builder.define(
      "to", (Expr.integer(g.width) - left).minimum(.integer(width)).maximum(from))
    builder.loop("iy", to: height) { row in
      let line = builder.define("line", row * band.copyWidth)
      let source = builder.define("iy", top + row)
      func fill(_ from: Expr, _ to: Expr) {
        builder.loop("i", from: from, to: to) {
          builder.emit(.store(copy, line + $0, zero))
        }
      }
      let isInside = Expr.binary(
        .and, source.compared(.ge, none), source.compared(.lt, .integer(g.height)))
      builder.when(isInside) {
        fill(none, from * depth)
        let start = builder.define("x0", image + source * g.strideH + left * g.strideW)
        if depth == 1 || g.x.strides[1] == 1, g.strideW == depth {
          let place = builder.define("x1", start)
          builder.loop("i", from: from * depth, to: to * depth) {
            builder.emit(
              .store(copy, line + $0, .load(g.x.buffer, place + $0, lanes: 1)))
          }
        } else {
          builder.loop("ix", from: from, to: to) { column in
            let place = builder.define("x1", start + column * g.strideW)
            builder.loop("ci", depth) { channel in
              let value = Expr.load(g.x.buffer, place + channel * g.x.strides[1], lanes: 1)
              builder.emit(.store(copy, line + column * depth + channel, value))
            }
          }
        }
        fill(to * depth, .integer(band.copyWidth))
      } else: {
        fill(none, .integer(band.copyWidth))
      }
    }
  }

  // MARK: - Sums

  private func dot(
    _ n: Expr, _ channel: Expr, _ oy: Expr, _ ox: Expr, _ position: Expr, _ count: Expr,
    _ scratch: Scratch, _ builder: LoopBuilder
  ) {
    let (tile, stream) = (scratch.tile, scratch.stream)
    let first = builder.define(
      "t0", (position + 1) / .integer(2) * (band.steps * 4))
    let out: Buffer
    let place: Expr
    if let sums = scratch.sums {
      (out, place) = (sums, position * 2)
    } else {
      (out, place) = (g.y.buffer, g.y.at([n, channel, oy, ox]) + position * g.y.strides[3])
    }
    let strides = scratch.sums == nil ? [g.y.strides[1], g.y.strides[3]] : [1, 2]
    let target = builder.define("o0", place)
    builder.microkernel(
      .dot, [band.steps] + strides + sums.finish,
      [.address(tile, first), .address(stream, .integer(0)), .address(out, target), .number(count)]
    ) {
      builder.loop("t", to: count) { pair in
        let x = builder.define("x", first + pair * (band.steps * 4))
        let end = builder.define("o", target + pair * (2 * strides[1]))
        dotTile(x, end, out, strides, tile, stream, builder)
      }
    }
  }

  private func dotTile(
    _ x: Expr, _ end: Expr, _ out: Buffer, _ strides: [Int], _ tile: Buffer, _ stream: Buffer,
    _ builder: LoopBuilder
  ) {
    let sums = weights.starts(stream, builder)
    builder.loop("k", band.steps) { k in
      weights.accumulate(sums, tile, x + k * 4, stream, k, builder)
    }
    weights.finish(sums, out, end, strides, stream, builder)
  }

  private func store(
    _ n: Expr, _ channel: Expr, _ oy: Expr, _ ox: Expr, _ rows: Expr, _ columns: Expr,
    _ sums: Buffer, _ finish: SumFinish, _ builder: LoopBuilder
  ) {
    builder.loop("r", to: rows) { row in
      builder.loop("q", to: columns) { column in
        let place = builder.define("s", (row * columns + column) * 2)
        for number in 0..<2 {
          let index = [n, channel + number, oy + row, ox + column]
          let sum = Expr.load(sums, place + number, lanes: 1)
          builder.store(finish(sum, index), to: g.y, at: index)
        }
      }
    }
  }
}
