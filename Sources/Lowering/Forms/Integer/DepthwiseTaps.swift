import CoppiceIR

/// Depthwise convolution of quantized numbers on packed integers, windows of any width: each channel
/// is widened into a padded plane of halves, and where neighbouring windows begin one half apart into
/// a second one, moved by a half, so that the windows of two results begin with whole words.
struct DepthwiseTaps: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasPackedIntegers, storage == .dense, let g = site.convolution, g.isDepthwise,
      let sums = PackedSums(site, g.arithmetic), let layer = DepthwiseTapsLayer(g, sums)
    else { return nil }
    return Plan(
      "depthwise_taps", .dense, bytes: layer.bytes, scratch: layer.scratchBytes, layer.work, target
    ) { builder throws(DiagnosticMessage) in try layer.emit(builder) }
  }
}

/// The loops of a depthwise convolution with windows of any width on packed integers.
struct DepthwiseTapsLayer {
  let g: ConvolutionGeometry
  let sums: PackedSums
  /// Rows, and what lies along them; those of an image one number wide are its columns.
  private let rows: Side
  private let columns: Side
  /// Halves in a row of a plane, an even number.
  private let planeWidth: Int
  private let planeHeight: Int

  /// One side of the image.
  private struct Side {
    let axis: Int
    let size: Int
    let results: Int
    let taps: Int
    let step: Int
    let begin: Int
    /// Between neighbouring numbers of the operand and of the result.
    let source: Int
    let target: Int

    init(_ g: ConvolutionGeometry, _ axis: Int) {
      self.axis = axis
      (size, results) = axis == 0 ? (g.height, g.outHeight) : (g.width, g.outWidth)
      let w = g.window
      (taps, step, begin) = (w.kernel[axis], w.strides[axis], w.begin[axis])
      source = axis == 0 ? g.strideH : g.strideW
      target = g.y.strides[2 + axis]
    }
  }

  /// Plans the planes.
  ///
  /// - Returns: `nil` for wide steps, large windows, or planes that offsets of instructions do not
  ///   span.
  init?(_ g: ConvolutionGeometry, _ sums: PackedSums) {
    let w = g.window
    let isColumn = g.width == 1 && g.outWidth == 1 && w.kernel[1] == 1
    (rows, columns) = (Side(g, isColumn ? 1 : 0), Side(g, isColumn ? 0 : 1))
    guard w.dilations == [1, 1], columns.step <= 2,
      rows.results == 1 || rows.target == columns.results * columns.target
    else { return nil }
    let words = (columns.taps + 3) / 4
    let pairs = (columns.results + 1) / 2
    planeWidth = (pairs - 1) * 2 * columns.step + 4 * words + 2 * columns.step
    planeHeight = (rows.results - 1) * rows.step + rows.taps
    (self.g, self.sums) = (g, sums)
    let reach = planeWidth * 2 * (rows.taps - 1) + words * 8 + second * 2
    guard rows.taps * words <= 12, reach <= 4092 else { return nil }
  }

  private var words: Int { (columns.taps + 3) / 4 }
  private var record: Int { 2 + rows.taps * words }
  private var isRequantized: Bool { sums.requantization != nil }
  private var results: Int { rows.results * columns.results }
  private var planeCount: Int { planeWidth * planeHeight }
  private var hasSecond: Bool { columns.step == 1 }
  /// Halves from the window of a result to that of its neighbour.
  private var second: Int { hasSecond ? planeCount : 2 }

  var bytes: Int { g.group * record * 4 }

  var scratchBytes: Int {
    planeCount * (hasSecond ? 2 : 1) * 2 + (isRequantized ? 0 : results * 4)
  }

  var work: Work {
    let planes = Double(g.group * g.y.shape[0])
    let lines = planes * Double(rows.results)
    let pairs = lines * Double((columns.results + 1) / 2)
    var work = Work()
    work[.tile] = planes
    work[.line] = lines
    work[.step] = pairs
    work[.fma] = pairs * Double(rows.taps * words)
    work[.copy] = planes * Double(g.height * g.width * (hasSecond ? 2 : 1))
    work[.store] = isRequantized ? 0 : Double(g.y.count)
    return work
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let table = weights().buffer(builder, "packed", operand: g.operand)
    let plane = builder.scratch(.int16, [planeCount * (hasSecond ? 2 : 1)], "plane").buffer
    let kept = isRequantized ? nil : builder.scratch(.int32, [results], "sums").buffer
    let finish = try g.arithmetic.finishing(builder)
    let zero = Expr.constant(Double(sums.zeroPoint), .int16)
    builder.loop("i", plane.count) { builder.emit(.store(plane, $0, zero)) }
    builder.loop("n", g.y.shape[0]) { n in
      builder.loop("c", g.group) { channel in
        let first = [n, channel, Expr.integer(0), .integer(0)]
        fill(g.x.at(first), plane, shift: 0, builder)
        if hasSecond { fill(g.x.at(first), plane, shift: 1, builder) }
        let (out, place) = kept.map { ($0, Expr.integer(0)) } ?? (g.y.buffer, g.y.at(first))
        sum(channel, plane, table, out, place, builder)
        guard let kept else { return }
        builder.loop("oy", g.outHeight) { oy in
          builder.loop("ox", g.outWidth) { ox in
            let sum = Expr.load(kept, oy * g.outWidth + ox, lanes: 1)
            let index = [n, channel, oy, ox]
            builder.store(finish(sum, index), to: g.y, at: index)
          }
        }
      }
    }
    return Kernel(title: "depthwise_taps", variants: [.init(body: builder.takeStatements())])
  }

  /// Widens a channel into the inside of a plane; into the second one moved by one half.
  private func fill(_ image: Expr, _ plane: Buffer, shift: Int, _ builder: LoopBuilder) {
    let skipped = max(0, shift - columns.begin)
    let left = max(0, columns.begin - shift)
    let height = min(rows.size, planeHeight - rows.begin)
    let width = min(columns.size - skipped, planeWidth - left)
    if width <= 0 { return }
    let start = builder.define("x0", image + skipped * columns.source)
    let first = rows.begin * planeWidth + left + shift * planeCount
    builder.microkernel(
      .plane,
      [width, height, columns.source, rows.source, planeWidth * 2, sums.isSigned ? 1 : 0],
      [.address(g.x.buffer, start), .address(plane, .integer(first))]
    ) {
      builder.loop("r", height) { row in
        builder.loop("q", width) { column in
          let value = Expr.load(
            g.x.buffer, start + row * rows.source + column * columns.source, lanes: 1)
          builder.emit(
            .store(plane, row * planeWidth + column + first, value.converted(to: .int16)))
        }
      }
    }
  }

  private func sum(
    _ channel: Expr, _ plane: Buffer, _ table: Buffer, _ out: Buffer, _ place: Expr,
    _ builder: LoopBuilder
  ) {
    let first = builder.define("w0", channel * record)
    let target = builder.define("o0", place)
    let step = isRequantized ? columns.target : 1
    let advance = 2 * columns.step
    builder.microkernel(
      .taps,
      [
        rows.taps, words, columns.results, rows.results, planeWidth * 2,
        planeWidth * 2 * rows.step, second * 2, advance * 2, step,
      ] + sums.finish,
      [.address(plane, .integer(0)), .address(table, first), .address(out, target)]
    ) {
      func result(_ row: Expr, _ column: Expr, _ corner: Expr) {
        let sum = builder.declare("sum", Expr.load(table, first + 1, lanes: 1).asSum)
        add(to: sum, plane, table, first + 2, corner, builder)
        var value = Expr.variable(sum)
        if let requantization = sums.requantization {
          let multiplier = Expr.load(table, first, lanes: 1).asSum
          value = requantization.finished(value, multiplier: multiplier)
            .converted(to: out.element)
        }
        builder.emit(
          .store(out, target + (row * columns.results + column) * step, value))
      }
      builder.loop("r", rows.results) { row in
        let line = builder.define("line", row * (rows.step * planeWidth))
        builder.loop("q", columns.results / 2) { pair in
          for number in 0..<2 {
            result(row, pair * 2 + number, line + pair * advance + number * second)
          }
        }
        if columns.results % 2 == 1 {
          let last = columns.results - 1
          result(row, .integer(last), line + last / 2 * advance)
        }
      }
    }
  }

  /// Adds the window that begins at a place of the planes.
  private func add(
    to sum: Variable, _ plane: Buffer, _ table: Buffer, _ weights: Expr, _ corner: Expr,
    _ builder: LoopBuilder
  ) {
    builder.loop("ky", rows.taps) { row in
      builder.loop("k", words) { four in
        let word = builder.define(
          "w", .load(table, weights + row * words + four, lanes: 1))
        let start = builder.define("x", corner + row * planeWidth + four * 4)
        func half(_ offset: Int) -> Expr {
          Expr.load(plane, start + offset, lanes: 1).converted(to: .int32)
        }
        builder.accumulate(sum, .packed(.pack2, half(0), half(1)), dot: .packed(.widenEven, word))
        builder.accumulate(sum, .packed(.pack2, half(2), half(3)), dot: .packed(.widenOdd, word))
      }
    }
  }

  /// Four neighbouring weights in a word: the first two at its even bytes, the others at the odd ones.
  private func weights() -> WordTable {
    let numbers = sums.weightNumbers()
    let taps = rows.taps * columns.taps
    var table = WordTable()
    for channel in 0..<g.group {
      let own = Array(numbers[(channel * taps)..<((channel + 1) * taps)])
      table.append(sums.multiplier(channel))
      table.append(sums.start(channel, weights: own.reduce(0) { $0 + Int($1) }))
      for row in 0..<rows.taps {
        let line = own[(row * columns.taps)..<((row + 1) * columns.taps)]
        let padded = Array(line) + [Int8](repeating: 0, count: words * 4 - columns.taps)
        for first in stride(from: 0, to: padded.count, by: 4) {
          table.append(bytes: [0, 2, 1, 3].map { padded[first + $0] })
        }
      }
    }
    return table
  }
}
