import CoppiceIR

/// Sparse convolution of quantized numbers on packed integers.
///
/// Activations are widened to planes of channel pairs, a word for each position; a pair of weights
/// with a nonzero meets some neighbouring positions at once. Weights lie in flash as the nonzeros
/// beside a bitmap or the gaps between them, or (blocks 1x2) as the pairs beside a bit for each; one channel's pairs at a time are re-coded in memory,
/// with the place that each reads.
struct SparsePairs: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasPackedIntegers, let g = site.convolution,
      let name = [
        .bitmap: "sparse_pairs", .indexRows: "sparse_pairs_gaps", .blocks1x2: "sparse_pairs_whole",
      ][storage], let sums = PackedSums(site, g.arithmetic),
      let layer = SparsePairsLayer(g, sums, storage, target)
    else { return nil }
    return Plan(
      name, storage, bytes: layer.bytes, scratch: layer.scratchBytes, layer.work, target
    ) { builder throws(DiagnosticMessage) in try layer.emit(builder) }
  }
}

/// The loops of a sparse convolution on packed integers.
struct SparsePairsLayer {
  let g: ConvolutionGeometry
  let sums: PackedSums
  /// Neighbouring positions that a pair meets at once.
  private let positions: Int
  /// Rows of results in a band.
  private let rows: Int
  private let weights: PairWeights
  /// Where nonzeros stand: a bitmap of them or of their pairs, or the gaps between them.
  private let places: PairPlaces

  /// Plans bands.
  ///
  /// - Returns: `nil` for groups, or rows too short for a tile.
  init?(_ g: ConvolutionGeometry, _ sums: PackedSums, _ storage: StorageKind, _ target: Target) {
    let flattens = g.outHeight == 1 || g.y.strides[2] == g.outWidth * g.y.strides[3]
    guard g.group == 1, flattens, g.outWidth >= 4 else { return nil }
    self.g = g
    self.sums = sums
    weights = PairWeights(
      g.weight.type.shape, sums.weightNumbers(), keepsPairs: storage == .blocks1x2)
    places =
      switch storage {
      case .indexRows: .gaps(weights.gaps)
      case .blocks1x2: .pairs(weights.bits)
      default: .bits(weights.bits)
      }
    func words(_ size: Int) -> Int { (g.outWidth + size - 1) / size * (2 * size + 6) }
    positions = g.outWidth >= 5 && words(5) <= words(4) ? 5 : 4
    let w = g.window
    let row = 4 * Self.rowWords(g) * weights.pairs
    let most = (target.planeBytes / row - w.reach(0)) / w.strides[0] + 1
    rows = max(1, min(g.outHeight, most))
  }

  /// Words of a row of a plane: columns that neighbouring results meet lie side by side, so that with
  /// steps of `s` columns a row is cut into `s` rows of every `s`-th column.
  private static func rowWords(_ g: ConvolutionGeometry) -> Int {
    phaseWords(g) * g.window.strides[1]
  }

  private static func phaseWords(_ g: ConvolutionGeometry) -> Int {
    g.outWidth + (g.window.reach(1) - 1) / g.window.strides[1]
  }

  private var channels: Int { g.y.shape[1] }
  private var rowWords: Int { Self.rowWords(g) }
  private var planeRows: Int { (rows - 1) * g.window.strides[0] + g.window.reach(0) }
  private var planeWords: Int { planeRows * rowWords }
  private var tilesOfRow: Int { (g.outWidth + positions - 1) / positions }
  private var isRequantized: Bool { sums.requantization != nil }

  var bytes: Int { channels * 8 + places.bytes.count + weights.values.count }

  var scratchBytes: Int {
    4 * (planeWords * weights.pairs + recordWords + 2 * tilesOfRow * rows)
      + (isRequantized ? 0 : 4 * rows * g.outWidth)
  }

  /// Words of the records of a channel: two, and two for each pair, of which there is at least one.
  private var recordWords: Int { 2 + 2 * max(weights.most, 1) }

  var work: Work {
    let bands = Double(g.y.shape[0] * ((g.outHeight + rows - 1) / rows))
    let tiles = Double(g.y.shape[0] * g.outHeight * tilesOfRow)
    var work = Work()
    work[.tile] = tiles * Double(channels)
    work[.step] = tiles * Double(weights.count)
    work[.fma] = tiles * Double(weights.count * positions)
    work[.line] = bands * Double(channels)
    switch places {
    case .pairs:
      work[.bit] = bands * Double(channels * weights.taps * weights.pairs)
      work[.load] = bands * Double(weights.count)
    case .bits:
      work[.bit] = bands * Double(channels * weights.taps * weights.pairs)
      work[.load] = bands * Double(weights.count)
    case .gaps(let bytes):
      work[.bit] = bands * Double(bytes.count * 2 + channels * weights.taps)
      work[.load] = bands * Double(weights.values.count)
    }
    work[.copy] = bands * Double(planeWords * weights.pairs)
    work[.store] = isRequantized ? 0 : Double(g.y.count)
    return work
  }

  /// The memory of the layer.
  private struct Scratch {
    let heads: Buffer
    let planes: Buffer
    let records: Buffer
    let tiles: Buffer
    let sums: Buffer?
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let finish = try g.arithmetic.finishing(builder)
    let scratch = Scratch(
      heads: heads().buffer(builder, "packed", operand: g.operand),
      planes: builder.scratch(.uint32, [planeWords * weights.pairs], "planes").buffer,
      records: builder.scratch(.uint32, [recordWords], "records").buffer,
      tiles: builder.scratch(.uint32, [2 * tilesOfRow * rows], "tiles").buffer,
      sums: isRequantized ? nil : builder.scratch(.int32, [rows * g.outWidth], "sums").buffer)
    let recoding = PairRecoding(
      g: g, weights: weights, records: scratch.records,
      values: weights.buffer(builder, operand: g.operand), planeWords: planeWords,
      rowWords: rowWords, phaseWords: Self.phaseWords(g))
    let stored = places.bytes
    let read = builder.addConstant(
      Bytes(stored.isEmpty ? [0] : stored), .uint8, max(1, stored.count), "places", g.operand)
    listTiles(scratch.tiles, builder)
    builder.loop("n", g.y.shape[0]) { n in
      builder.loop("oy", to: .integer(g.outHeight), step: rows) { oy in
        let count =
          g.outHeight % rows == 0
          ? Expr.integer(rows)
          : builder.define("rows", (Expr.integer(g.outHeight) - oy).minimum(.integer(rows)))
        widen(n, oy, count, scratch.planes, builder)
        let reader = recoding.reader(places, read, builder)
        builder.loop("c", channels) { channel in
          for word in 0..<2 {
            let head = Expr.load(scratch.heads, channel * 2 + word, lanes: 1)
            builder.emit(.store(scratch.records, .integer(word), head))
          }
          let pairs = recoding.recode(channel, reader, builder)
          sum(n, channel, oy, count, pairs, scratch, builder)
          guard let kept = scratch.sums else { return }
          builder.loop("r", to: count) { row in
            builder.loop("q", g.outWidth) { column in
              let index = [n, channel, oy + row, column]
              let sum = Expr.load(kept, row * g.outWidth + column, lanes: 1)
              builder.store(finish(sum, index), to: g.y, at: index)
            }
          }
        }
      }
    }
    return Kernel(title: "sparse_pairs", variants: [.init(body: builder.takeStatements())])
  }

  /// Bytes between neighbouring results as a program stores them.
  private var resultStride: Int { isRequantized ? g.y.strides[3] : 4 }

  /// Where each tile of a band reads and stores, in bytes; the last of a row ends with the row.
  private func listTiles(_ tiles: Buffer, _ builder: LoopBuilder) {
    builder.loop("r", rows) { row in
      builder.loop("t", tilesOfRow) { tile in
        let column = builder.define(
          "q", (tile * positions).minimum(.integer(g.outWidth - positions)))
        let place = (row * tilesOfRow + tile) * 2
        let source = (row * (g.window.strides[0] * rowWords) + column) * 4
        let target = (row * g.outWidth + column) * resultStride
        builder.emit(.store(tiles, place, source.converted(to: .uint32)))
        builder.emit(.store(tiles, place + 1, target.converted(to: .uint32)))
      }
    }
  }

  // MARK: - Activations

  /// Widens the rows under a band to planes of channel pairs, with the zero point around them.
  private func widen(
    _ n: Expr, _ oy: Expr, _ count: Expr, _ planes: Buffer, _ builder: LoopBuilder
  ) {
    let w = g.window
    let (step, phase) = (w.strides[1], Self.phaseWords(g))
    let needed = count * w.strides[0] + (w.reach(0) - w.strides[0])
    let top = builder.define("top", oy * w.strides[0] - w.begin[0])
    let none = Expr.integer(0)
    let zero = Expr.constant(Double(sums.zeroPoint), .int32)
    let both = Expr.packed(.pack2, zero, zero)
    func fill(_ start: Expr, _ from: Int, _ to: Int) {
      builder.loop("p", weights.pairs) { pair in
        builder.loop("i", from: .integer(from), to: .integer(to)) {
          builder.emit(.store(planes, start + pair * planeWords + $0, both))
        }
      }
    }
    builder.loop("iy", to: needed) { row in
      let source = builder.define("iy", top + row)
      let isInside = Expr.binary(
        .and, source.compared(.ge, none), source.compared(.lt, .integer(g.height)))
      let line = builder.define("line", row * rowWords)
      func inside() {
        for part in 0..<step {
          let first = min(phase, max(0, (w.begin[1] - part + step - 1) / step))
          let last = min(phase, max(first, (g.width + w.begin[1] - part + step - 1) / step))
          let start = builder.define("l", line + part * phase)
          fill(start, 0, first)
          fill(start, last, phase)
          let column = first * step + part - w.begin[1]
          widenRow(
            builder.define(
              "x0", g.x.at([n, none, none, none]) + source * g.strideH + column * g.strideW),
            start + first, last - first, planes, builder)
        }
      }
      if w.begin[0] == 0 && g.innerRows == g.outRows { return inside() }
      builder.when(isInside) {
        inside()
      } else: {
        fill(line, 0, rowWords)
      }
    }
  }

  /// Widens columns of all channels.
  private func widenRow(
    _ start: Expr, _ target: Expr, _ count: Int, _ planes: Buffer, _ builder: LoopBuilder
  ) {
    if count <= 0 { return }
    let (depth, stride) = (g.weight.type.shape[1], g.x.strides[1])
    let step = g.strideW * g.window.strides[1]
    let fours = stride == 1 ? depth / 4 : 0
    let zero = Expr.constant(Double(sums.zeroPoint), .int32)
    func byte(_ place: Expr) -> Expr {
      Expr.load(g.x.buffer, place, lanes: 1).converted(to: .int32)
    }
    builder.loop("c", fours) { four in
      let source = builder.define("x1", start + four * 4)
      let first = builder.define("t0", target + four * (2 * planeWords))
      builder.microkernel(
        .planes, [count, step, planeWords * 4, sums.isSigned ? 1 : 0],
        [.address(g.x.buffer, source), .address(planes, first)]
      ) {
        builder.loop("ix", count) { column in
          let place = builder.define("x", source + column * step)
          for pair in 0..<2 {
            let value = Expr.packed(.pack2, byte(place + 2 * pair), byte(place + (2 * pair + 1)))
            builder.emit(.store(planes, first + column + pair * planeWords, value))
          }
        }
      }
    }
    builder.loop("p", from: .integer(2 * fours), to: .integer(depth / 2)) { pair in
      builder.loop("ix", count) { column in
        let place = builder.define("x", start + column * step + pair * (2 * stride))
        let value = Expr.packed(.pack2, byte(place), byte(place + stride))
        builder.emit(.store(planes, target + column + pair * planeWords, value))
      }
    }
    guard depth % 2 == 1 else { return }
    builder.loop("ix", count) { column in
      let place = start + column * step + (depth - 1) * stride
      builder.emit(
        .store(
          planes, target + column + depth / 2 * planeWords, .packed(.pack2, byte(place), zero)))
    }
  }

  // MARK: - Weights

  private func heads() -> WordTable {
    var table = WordTable()
    for channel in 0..<channels {
      table.append(sums.multiplier(channel))
      table.append(sums.start(channel, weights: weights.sums[channel]))
    }
    return table
  }

  // MARK: - Sums

  private func sum(
    _ n: Expr, _ channel: Expr, _ oy: Expr, _ rows: Expr, _ pairs: Expr, _ scratch: Scratch,
    _ builder: LoopBuilder
  ) {
    let (planes, records, tiles) = (scratch.planes, scratch.records, scratch.tiles)
    let none = Expr.integer(0)
    let out = scratch.sums ?? g.y.buffer
    let first = builder.define(
      "o0", scratch.sums == nil ? g.y.at([n, channel, oy, none]) : none)
    let count = builder.define("tiles", rows * tilesOfRow)
    let step = isRequantized ? g.y.strides[3] : 1
    builder.microkernel(
      .pairs, [positions, resultStride] + sums.finish,
      [
        .address(planes, none), .address(records, none), .address(out, first),
        .address(tiles, none), .number(pairs), .number(count),
      ]
    ) {
      func word(_ buffer: Buffer, _ place: Expr) -> Expr { .load(buffer, place, lanes: 1) }
      builder.loop("t", to: count) { tile in
        let source = builder.define(
          "x", word(tiles, tile * 2).converted(to: .index) / .integer(4))
        let bytes = word(tiles, tile * 2 + 1).converted(to: .index)
        let target = builder.define("o", first + bytes / .integer(isRequantized ? 1 : 4))
        let sums = (0..<positions).map {
          builder.declare("s\($0)_", word(records, .integer(1)).asSum)
        }
        builder.loop("k", to: pairs) { pair in
          let weights = builder.define("w", word(records, pair * 2 + 2))
          let at = word(records, pair * 2 + 3).converted(to: .index) / .integer(4)
          let place = builder.define("at", source + at)
          for (number, sum) in sums.enumerated() {
            builder.accumulate(sum, word(planes, place + number), dot: weights)
          }
        }
        for (number, sum) in sums.enumerated() {
          var value = Expr.variable(sum)
          if let requantization = self.sums.requantization {
            value = requantization.finished(value, multiplier: word(records, none).asSum)
              .converted(to: out.element)
          }
          builder.emit(.store(out, target + number * step, value))
        }
      }
    }
  }
}
