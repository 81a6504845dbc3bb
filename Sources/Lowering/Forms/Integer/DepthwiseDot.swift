import CoppiceIR

/// Depthwise convolution of quantized numbers on packed integers, windows up to three rows by three
/// columns: each channel is widened into a padded plane of halves, from which neighbouring results
/// are computed by twos.
struct DepthwiseDot: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasPackedIntegers, storage == .dense, let g = site.convolution, g.isDepthwise,
      let sums = PackedSums(site, g.arithmetic), let layer = DepthwiseDotLayer(g, sums)
    else { return nil }
    return Plan(
      "depthwise_dot", .dense, bytes: layer.bytes, scratch: layer.scratchBytes, layer.work, target
    ) { builder throws(DiagnosticMessage) in try layer.emit(builder) }
  }
}

/// The loops of a depthwise convolution on packed integers.
struct DepthwiseDotLayer {
  let g: ConvolutionGeometry
  let sums: PackedSums
  /// Halves in a row of the plane, an even number.
  private let planeWidth: Int
  private let planeHeight: Int

  /// Plans the plane.
  ///
  /// - Returns: `nil` for other windows, or rows that offsets of instructions do not span.
  init?(_ g: ConvolutionGeometry, _ sums: PackedSums) {
    let w = g.window
    guard w.kernel[1] == 3, (1...3).contains(w.kernel[0]), w.dilations == [1, 1],
      w.strides[1] <= 2, g.outHeight == 1 || g.y.strides[2] == g.outWidth * g.y.strides[3]
    else { return nil }
    let columns = w.strides[1] == 1 ? g.outWidth + 3 : 2 * g.outWidth + 2
    planeWidth = (columns + 1) / 2 * 2
    planeHeight = (g.outHeight - 1) * w.strides[0] + w.kernel[0]
    guard planeWidth * 2 * (w.kernel[0] - 1) <= 1020 else { return nil }
    self.g = g
    self.sums = sums
  }

  private var record: Int { 2 + g.window.kernel[0] }
  private var isRequantized: Bool { sums.requantization != nil }
  private var results: Int { g.outHeight * g.outWidth }

  var bytes: Int { g.group * record * 4 }

  var scratchBytes: Int { planeWidth * planeHeight * 2 + (isRequantized ? 0 : results * 4) }

  var work: Work {
    let planes = Double(g.group * g.y.shape[0])
    let rows = planes * Double(g.outHeight)
    var work = Work()
    work[.tile] = planes
    work[.line] = rows
    work[.step] = rows * Double((g.outWidth + 1) / 2)
    work[.fma] = rows * Double((g.outWidth + 1) / 2 * g.window.kernel[0])
    work[.copy] = planes * Double(g.height * g.width)
    work[.store] = isRequantized ? 0 : Double(g.y.count)
    return work
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let table = weights().buffer(builder, "packed", operand: g.operand)
    let plane = builder.scratch(.int16, [planeHeight * planeWidth], "plane").buffer
    let kept = isRequantized ? nil : builder.scratch(.int32, [results], "sums").buffer
    let finish = try g.arithmetic.finishing(builder)
    let zero = Expr.constant(Double(sums.zeroPoint), .int16)
    builder.loop("i", plane.count) { builder.emit(.store(plane, $0, zero)) }
    builder.loop("n", g.y.shape[0]) { n in
      builder.loop("c", g.group) { channel in
        fill(n, channel, plane, builder)
        let first = [n, channel, Expr.integer(0), .integer(0)]
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
    return Kernel(title: "depthwise_dot", variants: [.init(body: builder.takeStatements())])
  }

  /// Widens a channel into the inside of the plane.
  private func fill(
    _ n: Expr, _ channel: Expr, _ plane: Buffer, _ builder: LoopBuilder
  ) {
    let (top, left) = (g.window.begin[0], g.window.begin[1])
    let rows = min(g.height, planeHeight - top)
    let columns = min(g.width, planeWidth - left)
    let start = builder.define("x0", g.x.at([n, channel, .integer(0), .integer(0)]))
    let first = top * planeWidth + left
    builder.microkernel(
      .plane, [columns, rows, g.strideW, g.strideH, planeWidth * 2, sums.isSigned ? 1 : 0],
      [.address(g.x.buffer, start), .address(plane, .integer(first))]
    ) {
      builder.loop("iy", rows) { iy in
        builder.loop("ix", columns) { ix in
          let value = Expr.load(g.x.buffer, start + iy * g.strideH + ix * g.strideW, lanes: 1)
          builder.emit(
            .store(plane, iy * planeWidth + ix + first, value.converted(to: .int16)))
        }
      }
    }
  }

  private func sum(
    _ channel: Expr, _ plane: Buffer, _ table: Buffer, _ out: Buffer, _ place: Expr,
    _ builder: LoopBuilder
  ) {
    let w = g.window
    let first = builder.define("w0", channel * record)
    let target = builder.define("o0", place)
    let step = isRequantized ? g.y.strides[3] : 1
    builder.microkernel(
      .depthwise,
      [
        w.kernel[0], w.strides[1], g.outWidth, g.outHeight, planeWidth * 2,
        planeWidth * 2 * w.strides[0], step,
      ] + sums.finish,
      [.address(plane, .integer(0)), .address(table, first), .address(out, target)]
    ) {
      let words = (0..<w.kernel[0]).map {
        builder.define("w\($0)_", Expr.load(table, first + (2 + $0), lanes: 1))
      }
      let bias = builder.define("bias", Expr.load(table, first + 1, lanes: 1).asSum)
      builder.loop("oy", g.outHeight) { oy in
        builder.loop("ox", g.outWidth) { ox in
          let sum = builder.declare("sum", bias)
          let corner = oy * (w.strides[0] * planeWidth) + ox * w.strides[1]
          for (row, word) in words.enumerated() {
            add(word, to: sum, plane, corner + row * planeWidth, builder)
          }
          var value = Expr.variable(sum)
          if let requantization = sums.requantization {
            let multiplier = Expr.load(table, first, lanes: 1).asSum
            value = requantization.finished(value, multiplier: multiplier)
              .converted(to: out.element)
          }
          builder.emit(.store(out, target + (oy * g.outWidth + ox) * step, value))
        }
      }
    }
  }

  /// Adds a row of the window: the bytes of its word are `w0, w1, w1, w2`.
  private func add(
    _ word: Expr, to sum: Variable, _ plane: Buffer, _ place: Expr, _ builder: LoopBuilder
  ) {
    func half(_ offset: Int) -> Expr {
      Expr.load(plane, place + offset, lanes: 1).converted(to: .int32)
    }
    builder.accumulate(sum, .packed(.pack2, half(0), half(1)), dot: .packed(.widenEven, word))
    let last = Expr.packed(.pack2, .constant(0, .int32), half(2))
    builder.accumulate(sum, last, dot: .packed(.widenOdd, word))
  }

  private func weights() -> WordTable {
    let rows = g.window.kernel[0]
    let numbers = sums.weightNumbers()
    var table = WordTable()
    for channel in 0..<g.group {
      let own = Array(numbers[(channel * rows * 3)..<((channel + 1) * rows * 3)])
      table.append(sums.multiplier(channel))
      table.append(sums.start(channel, weights: own.reduce(0) { $0 + Int($1) }))
      for row in 0..<rows {
        let three = own[(row * 3)..<(row * 3 + 3)].map { $0 }
        table.append(bytes: [three[0], three[1], three[1], three[2]])
      }
    }
    return table
  }
}
