import CoppiceIR

/// Dense convolution of floats by panels: the windows of four positions lie interleaved in memory,
/// and meet four channels at once.
struct DensePanel: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasFloatPrograms, storage == .dense, let g = site.convolution,
      let layer = DensePanelLayer(g, site)
    else { return nil }
    return Plan(
      "conv_panel", .dense, bytes: layer.bytes, scratch: layer.scratchBytes, layer.work, target
    ) { builder throws(DiagnosticMessage) in try layer.emit(builder) }
  }
}

/// The loops of a dense convolution by panels.
struct DensePanelLayer {
  private let g: ConvolutionGeometry
  private let windows: PanelWindows
  private let starts: FloatStarts
  /// How results are stored where they lie; `nil` where sums go through memory.
  private let stores: FloatStores?

  init?(_ g: ConvolutionGeometry, _ site: Site) {
    guard g.arithmetic.element == .float32, g.weight.type.element == .float32,
      g.x.stored == .float32, g.group == 1, g.outHeight * g.outWidth >= 4,
      let windows = PanelWindows(g), let starts = FloatStarts(site)
    else { return nil }
    self.g = g
    self.windows = windows
    self.starts = starts
    let flattens = g.outHeight == 1 || g.y.strides[2] == g.outWidth * g.y.strides[3]
    let isLast = g.y.strides[1] == 1 && g.y.shape[1] % 4 == 0 && flattens
    stores = isLast ? FloatStores(site) : nil
    // Inputs and channels that are only there to fill a turn take flash, and so would starts.
    guard g.arithmetic.start != nil,
      16 * bytes <= 17 * (g.weight.type.byteCount + 4 * channels)
    else { return nil }
  }

  private var channels: Int { g.y.shape[1] }
  private var blocks: Int { (channels + 3) / 4 }
  private var positions: Int { g.outHeight * g.outWidth }
  /// Floats of a block of channels: what their sums start from, and four weights for each input.
  private var record: Int { 4 + 4 * windows.padded }

  var bytes: Int { blocks * record * 4 }

  var scratchBytes: Int { windows.padded * 16 + (stores == nil ? blocks * 64 : 0) }

  var work: Work {
    let tiles = Double(g.y.shape[0] * ((positions + 3) / 4))
    var work = Work()
    work[.tile] = tiles * Double(blocks)
    work[.fma] = tiles * Double(blocks * 16 * windows.padded)
    work[.step] = tiles * 4
    work[.line] = tiles * Double(4 * windows.runs)
    work[.copy] = tiles * Double(4 * windows.count)
    work[.load] = windows.areClipped ? tiles * Double(4 * windows.padded) : 0
    work[.store] = stores == nil ? Double(g.y.count) : 0
    return work
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let table = weights.buffer(builder, "packed", operand: g.operand)
    let panel = builder.scratch(.float32, [4 * windows.padded], "panel").buffer
    let sums = stores == nil ? builder.scratch(.float32, [4, 4 * blocks], "sums") : nil
    let finish = try g.arithmetic.finishing(builder)
    if !windows.areClipped && windows.padded > windows.count { clear(panel, builder) }
    builder.loop("n", g.y.shape[0]) { n in
      builder.loop("p", to: .integer(positions), step: 4) { p in
        let last = Expr.integer(positions - 4)
        let first = positions % 4 == 0 ? p : builder.define("first", p.minimum(last))
        if windows.areClipped { clear(panel, builder) }
        builder.loop("lane", 4) { lane in
          windows.gather(n, place(first + lane, builder), panel, lane, builder)
        }
        if let sums {
          multiply(panel, table, (sums.buffer, .integer(0), 4 * blocks), builder)
          store(n, from: p - first, first, sums, finish, builder)
        } else {
          let y = g.y.at([n, .integer(0), .integer(0), .integer(0)]) + first * g.y.strides[3]
          let target = builder.outputBuffer ?? g.y.buffer
          multiply(panel, table, (target, builder.define("y0", y), g.y.strides[3]), builder)
        }
      }
    }
    return Kernel(title: "conv_panel", variants: [.init(body: builder.takeStatements())])
  }

  /// The row and column of a position.
  private func place(_ position: Expr, _ builder: LoopBuilder) -> (row: Expr, column: Expr) {
    let position = builder.define("at", position)
    if g.outHeight == 1 { return (.integer(0), position) }
    let row = builder.define("oy", position / .integer(g.outWidth))
    return (row, builder.define("ox", position - row * g.outWidth))
  }

  private func clear(_ panel: Buffer, _ builder: LoopBuilder) {
    let count = windows.padded / 4
    builder.microkernel(
      .clear, [], [.address(panel, .integer(0)), .number(.integer(count))]
    ) {
      builder.loop("i", count * 16) { index in
        builder.emit(.store(panel, index, .constant(0, .float32)))
      }
    }
  }

  /// The sums of four positions.
  private func multiply(
    _ panel: Buffer, _ table: Buffer, _ out: (buffer: Buffer, place: Expr, step: Int),
    _ builder: LoopBuilder
  ) {
    let none = Expr.integer(0)
    let stores = self.stores ?? .plain
    builder.microkernel(
      .panel, [stores.parameter],
      [
        .address(panel, none), .address(table, none), .address(out.buffer, out.place),
        .number(.integer(4 * out.step)), .number(.integer(windows.padded / 4)),
        .number(.integer(blocks)),
      ]
    ) {
      builder.loop("b", blocks) { block in
        let first = builder.define("w0", block * record)
        let starts = (0..<4).map { builder.define("s", .load(table, first + $0, lanes: 1)) }
        let sums = (0..<4).map { _ in starts.map { builder.declare("a", $0) } }
        builder.loop("k", windows.padded) { k in
          let weights = (0..<4).map {
            builder.define("w", .load(table, first + k * 4 + (4 + $0), lanes: 1))
          }
          for (position, row) in sums.enumerated() {
            let x = builder.define("x", .load(panel, k * 4 + position, lanes: 1))
            for (sum, weight) in zip(row, weights) { builder.accumulate(sum, x * weight) }
          }
        }
        for (position, row) in sums.enumerated() {
          let place = builder.define("y", out.place + position * out.step + block * 4)
          for (channel, sum) in row.enumerated() {
            builder.emit(.store(out.buffer, place + channel, stores.stored(.variable(sum))))
          }
        }
      }
    }
  }

  /// Finishes the sums of positions; the first ones of a last tile may be finished already.
  private func store(
    _ n: Expr, from: Expr, _ first: Expr, _ sums: TensorView, _ finish: SumFinish,
    _ builder: LoopBuilder
  ) {
    builder.loop("lane", from: from, to: .integer(4)) { lane in
      let (row, column) = place(first + lane, builder)
      builder.loop("c", channels) { channel in
        let index = [n, channel, row, column]
        builder.store(finish(sums[[lane, channel]], index), to: g.y, at: index)
      }
    }
  }

  private var weights: FloatTable {
    let (windows, starts, channels, record) = (windows, starts, channels, record)
    let numbers = g.weight.floats
    return FloatTable(blocks * record) { place in
      let (block, rest) = place.quotientAndRemainder(dividingBy: record)
      let channel = block * 4 + rest % 4
      guard channel < channels else { return 0 }
      if rest < 4 { return starts[channel] }
      let input = rest / 4 - 1
      return input < windows.count
        ? numbers[channel * windows.count + windows.weight(input)] : 0
    }
  }
}
