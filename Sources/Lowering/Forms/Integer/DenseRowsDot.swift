import CoppiceIR

/// Dense convolution of quantized numbers on packed integers, whose windows share what is widened.
///
/// Beside each column of the operand lies the one that a neighbouring position meets, so that what two
/// positions read of a row is one run of words. Two channels at a time meet all pairs of positions of
/// a block of rows and columns.
struct DenseRowsDot: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasPackedIntegers, storage == .dense, let g = site.convolution,
      let sums = PackedSums(site, g.arithmetic), g.y.shape[1] >= 2,
      let block = WidenedBlock(g, target)
    else { return nil }
    let layer = DenseRowsDotLayer(g: g, sums: sums, block: block)
    return Plan(
      "conv_dot_rows", .dense, bytes: layer.bytes, scratch: layer.scratchBytes, layer.work, target
    ) { builder throws(DiagnosticMessage) in try layer.emit(builder) }
  }
}

/// How a block of positions lies in memory as halves.
struct WidenedBlock {
  /// Rows and columns of positions.
  let rows: Int
  let columns: Int
  /// Words of bytes in a column of the operand.
  let words: Int
  /// Columns between neighbouring positions.
  let step: Int
  /// Columns that positions begin to read from.
  let width: Int
  /// Rows of the operand.
  let height: Int

  /// Words of a widened column: of four inputs two, those of the neighbouring position beside them.
  var columnWords: Int { words * 4 }
  /// Words of a row; what has no neighbour in the block spills over its edges.
  var rowWords: Int { (width + step) * columnWords }
  var tileWords: Int { height * rowWords + step * columnWords }

  /// What widening takes, in instructions for each position: a word of weights for two channels, and
  /// a word of activations.
  private static let (weightWord, activationWord) = (7, 6)
  /// The longest run that a program is written out for, in words of bytes.
  private static let longest = 24
  /// Bytes of a block at most; beyond, the weights are hardly widened less often.
  private static let most = 8192

  /// Plans a block.
  ///
  /// - Returns: `nil` where columns are no words, or windows have one tap.
  init?(_ g: ConvolutionGeometry, _ target: Target) {
    let w = g.window
    let depth = g.weight.type.shape[1]
    let isDense = zip(w.kernel, w.dilations).allSatisfy { $0 == 1 || $1 == 1 }
    guard g.group == 1, isDense, depth % 4 == 0, g.x.strides[1] == 1, w.kernel != [1, 1],
      w.kernel[1] * depth / 4 <= Self.longest, w.strides[1] * depth * 4 <= 1000, g.outWidth >= 2,
      g.x.element.bits == 8
    else { return nil }
    let activations = g.x.count + g.y.count
    let plenty = max(4096, 32768 - activations)
    let room = min(Self.most, min(plenty, target.bandMemory ?? plenty))
    var best: (block: WidenedBlock, cost: Double)?
    for columns in Self.widths(g.outWidth) {
      for rows in 1...max(1, g.outHeight) {
        let block = WidenedBlock(g, rows: rows, columns: columns)
        let isLeast = rows == 1 && columns == 2
        guard block.tileWords * 4 <= room || (best == nil && isLeast) else { break }
        let cost = block.cost(g)
        if best.map({ cost < $0.cost * 0.99 }) ?? true { best = (block, cost) }
      }
    }
    guard let best else { return nil }
    self = best.block
  }

  private init(_ g: ConvolutionGeometry, rows: Int, columns: Int) {
    let w = g.window
    (self.rows, self.columns) = (rows, columns)
    words = g.weight.type.shape[1] / 4
    step = w.strides[1]
    width = (columns - 2) * w.strides[1] + w.kernel[1]
    height = (rows - 1) * w.strides[0] + w.kernel[0]
  }

  /// Even numbers of columns that leave no single one over, and all of them.
  private static func widths(_ count: Int) -> [Int] {
    let even = stride(from: 2, to: count, by: 2).filter { count % $0 != 1 }
    return even + [count]
  }

  /// What lies around the sums, for all of the image.
  private func cost(_ g: ConvolutionGeometry) -> Double {
    let down = (g.outHeight + rows - 1) / rows
    let across = (g.outWidth + columns - 1) / columns
    let pairs = (g.y.shape[1] + 1) / 2
    let steps = g.window.kernel[0] * g.window.kernel[1] * words
    let weights = pairs * (steps * Self.weightWord + 140 + 12 * rows + (columns % 2) * 60)
    let activations = height * ((width + step) * (words * Self.activationWord + 4) + 40)
    let single = columns % 2 == 1 ? pairs * rows * steps * 5 : 0
    return Double(down * across) * Double(weights + activations + single)
  }
}

/// The loops of a dense convolution whose windows share what is widened.
struct DenseRowsDotLayer {
  let g: ConvolutionGeometry
  let sums: PackedSums
  let block: WidenedBlock

  private var weights: DotWeights {
    DotWeights(g: g, sums: sums, words: g.window.kernel[1] * block.words)
  }
  private var isRequantized: Bool { sums.requantization != nil }

  var bytes: Int { weights.bytes }

  var scratchBytes: Int {
    4 * (block.tileWords + weights.streamWords)
      + (isRequantized ? 0 : 8 * block.rows * (block.columns + 1))
  }

  var work: Work {
    let w = weights
    let down = Double((g.outHeight + block.rows - 1) / block.rows)
    let across = (g.outWidth + block.columns - 1) / block.columns
    let visits = Double(g.y.shape[0] * across) * down
    let last = g.outWidth - (across - 1) * block.columns
    let tilesOfRow = (across - 1) * ((block.columns + 1) / 2) + (last + 1) / 2
    let tiles = Double(g.y.shape[0] * g.outHeight * tilesOfRow * w.pairs)
    var work = Work()
    work[.tile] = tiles
    work[.step] = tiles * Double(w.steps)
    work[.load] = visits * Double(w.pairs * w.steps)
    work[.line] = visits * Double(w.pairs)
    work[.copy] = visits * Double(block.height * (block.width + block.step) * block.words * 4)
    work[.store] = isRequantized ? 0 : Double(g.y.count)
    return work
  }

  /// The memory of the layer.
  private struct Scratch {
    let table: Buffer
    let tile: Buffer
    let stream: Buffer
    let sums: Buffer?
  }

  /// A block of the image: its place and its size.
  private struct Part {
    let n: Expr
    let oy: Expr
    let ox: Expr
    let rows: Expr
    let columns: Expr
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let finish = try g.arithmetic.finishing(builder)
    let scratch = Scratch(
      table: weights.table().buffer(builder, "packed", operand: g.operand),
      tile: builder.scratch(.uint32, [block.tileWords], "tile").buffer,
      stream: builder.scratch(.uint32, [weights.streamWords], "stream").buffer,
      sums: isRequantized
        ? nil
        : builder.scratch(.int32, [2 * block.rows * (block.columns + 1)], "sums").buffer)
    builder.loop("n", g.y.shape[0]) { n in
      builder.loop("oy", to: .integer(g.outHeight), step: block.rows) { oy in
        builder.loop("ox", to: .integer(g.outWidth), step: block.columns) { ox in
          let part = Part(
            n: n, oy: oy, ox: ox, rows: left(g.outHeight, block.rows, from: oy, builder),
            columns: left(g.outWidth, block.columns, from: ox, builder))
          run(part, scratch, finish, builder)
        }
      }
    }
    return Kernel(title: "conv_dot", variants: [.init(body: builder.takeStatements())])
  }

  /// How much of a part there is from some place on.
  private func left(_ count: Int, _ part: Int, from place: Expr, _ builder: LoopBuilder) -> Expr {
    if count % part == 0 { return .integer(part) }
    return builder.define("left", (.integer(count) - place).minimum(.integer(part)))
  }

  private var mayBeOdd: Bool {
    block.columns % 2 == 1 || g.outWidth % block.columns % 2 == 1
  }

  private func run(
    _ part: Part, _ scratch: Scratch, _ finish: SumFinish, _ builder: LoopBuilder
  ) {
    widen(part, scratch.tile, builder)
    builder.loop("b", weights.pairs) { index in
      weights.widen(index, from: scratch.table, to: scratch.stream, builder)
      let channel = weights.channel(index, builder)
      let two = builder.define("pairs", part.columns / .integer(2))
      dot(part, channel, .integer(0), two, scratch, builder)
      if mayBeOdd {
        // The last position of an odd number is met with the one before it once more.
        builder.when(combine(.rem, part.columns, .integer(2)).compared(.eq, .integer(1))) {
          let last = builder.define("p", part.columns - 2)
          dot(part, channel, last, .integer(1), scratch, builder)
        }
      }
      if let sums = scratch.sums { store(part, channel, sums, finish, builder) }
    }
  }

  // MARK: - Activations

  /// Widens the columns under a block, with the zero point around them.
  private func widen(_ part: Part, _ tile: Buffer, _ builder: LoopBuilder) {
    let w = g.window
    let none = Expr.integer(0)
    let needed = builder.define(
      "wide", (part.columns - 1) * w.strides[1] + w.kernel[1])
    let height = part.rows * w.strides[0] + (w.kernel[0] - w.strides[0])
    let top = builder.define("top", part.oy * w.strides[0] - w.begin[0])
    let left = builder.define("left", part.ox * w.strides[1] - w.begin[1])
    let from = builder.define("from", (none - left).maximum(none).minimum(needed))
    let to = builder.define("to", (Expr.integer(g.width) - left).minimum(needed).maximum(from))
    let image = g.x.at([part.n, none, none, none])
    builder.loop("iy", to: height) { row in
      let line = builder.define("line", row * block.rowWords + block.step * block.columnWords)
      let source = builder.define("iy", top + row)
      func inside() {
        zero(tile, line, none, from, builder)
        builder.when(to.compared(.gt, from)) {
          let start = builder.define(
            "x0", image + source * g.strideH + (left + from) * g.strideW)
          widen(start, tile, line + from * block.columnWords, to - from, builder)
        }
        zero(tile, line, to, needed, builder)
      }
      let isInside = Expr.binary(
        .and, source.compared(.ge, none), source.compared(.lt, .integer(g.height)))
      builder.when(isInside) {
        inside()
      } else: {
        zero(tile, line, none, needed, builder)
      }
    }
  }

  /// Writes a word of a column to its place and beside the column that its neighbour begins with.
  private func store(
    _ tile: Buffer, _ place: Expr, _ even: Expr, _ odd: Expr, _ builder: LoopBuilder
  ) {
    let beside = 2 - block.step * block.columnWords
    for (number, word) in [even, odd].enumerated() {
      builder.emit(.store(tile, place + number, word))
      builder.emit(.store(tile, place + (beside + number), word))
    }
  }

  private func zero(
    _ tile: Buffer, _ line: Expr, _ from: Expr, _ to: Expr, _ builder: LoopBuilder
  ) {
    let number = Expr.constant(Double(sums.zeroPoint), .int32)
    builder.loop("i", from: from * block.words, to: to * block.words) { word in
      let both = builder.define("zz", .packed(.pack2, number, number))
      store(tile, builder.define("t", line + word * 4), both, both, builder)
    }
  }

  private func widen(
    _ start: Expr, _ tile: Buffer, _ place: Expr, _ count: Expr, _ builder: LoopBuilder
  ) {
    let target = builder.define("t0", place)
    builder.microkernel(
      .columns, [block.words, g.strideW, block.step * block.words * 16, sums.isSigned ? 1 : 0],
      [.address(g.x.buffer, start), .address(tile, target), .number(count)]
    ) {
      builder.loop("ix", to: count) { column in
        builder.loop("k", block.words) { word in
          let at = builder.define("w", start + column * g.strideW + word * 4)
          let (even, odd) = builder.widened(g.x.buffer, at)
          let slot = builder.define("s", target + column * block.columnWords + word * 4)
          store(tile, slot, even, odd, builder)
        }
      }
    }
  }

  // MARK: - Sums

  private func dot(
    _ part: Part, _ channel: Expr, _ position: Expr, _ count: Expr, _ scratch: Scratch,
    _ builder: LoopBuilder
  ) {
    let (tile, stream) = (scratch.tile, scratch.stream)
    let (w, step, run) = (
      g.window, block.step * block.columnWords, g.window.kernel[1] * block.words
    )
    let first = builder.define("t0", (position + 1) * step)
    let out = scratch.sums ?? g.y.buffer
    let strides =
      scratch.sums == nil
      ? [g.y.strides[1], g.y.strides[3], g.y.strides[2]] : [1, 2, 2 * (block.columns + 1)]
    let place =
      scratch.sums == nil
      ? g.y.at([part.n, channel, part.oy, part.ox]) + position * strides[1] : position * 2
    let target = builder.define("o0", place)
    let parameters = [run, w.kernel[0], block.rowWords * 4, step * 8, w.strides[0]] + strides
    builder.microkernel(
      .dotRows, parameters + sums.finish,
      [
        .address(tile, first), .address(stream, .integer(0)), .address(out, target),
        .number(count), .number(part.rows),
      ]
    ) {
      builder.loop("r", to: part.rows) { row in
        builder.loop("t", to: count) { pair in
          let x = builder.define(
            "x", first + row * (w.strides[0] * block.rowWords) + pair * (2 * step))
          let end = builder.define("o", target + row * strides[2] + pair * (2 * strides[1]))
          let sums = weights.starts(stream, builder)
          builder.loop("ky", w.kernel[0]) { ky in
            builder.loop("k", run) { k in
              let place = builder.define("w", x + ky * block.rowWords + k * 4)
              weights.accumulate(sums, tile, place, stream, ky * run + k, builder)
            }
          }
          weights.finish(sums, out, end, strides, stream, builder)
        }
      }
    }
  }

  private func store(
    _ part: Part, _ channel: Expr, _ sums: Buffer, _ finish: SumFinish, _ builder: LoopBuilder
  ) {
    builder.loop("r", to: part.rows) { row in
      builder.loop("q", to: part.columns) { column in
        let place = builder.define("s", (row * (block.columns + 1) + column) * 2)
        for number in 0..<2 {
          let index = [part.n, channel + number, part.oy + row, part.ox + column]
          let sum = Expr.load(sums, place + number, lanes: 1)
          builder.store(finish(sum, index), to: g.y, at: index)
        }
      }
    }
  }
}
