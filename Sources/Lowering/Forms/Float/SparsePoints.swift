import CoppiceIR

/// 1x1 convolution of floats with sparse weights over channels-first activations: up to 18
/// neighbouring positions in registers, for all rows of the weights one after the other.
struct SparsePoints: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasFloatPrograms, storage == StorageKind(IndexRows.self),
      let g = site.convolution, g.arithmetic.element == .float32,
      g.weight.type.element == .float32, g.x.stored == .float32, g.group == 1,
      g.window.kernel == [1, 1], g.outHeight == 1, g.window.strides == [1, 1],
      g.window.begin == [0, 0], g.height == 1, g.strideW == 1, g.y.strides[3] == 1,
      g.outWidth >= 4, let stores = FloatStores(site), let starts = FloatStarts(site),
      let weight = site.sparse(g.operand, storage, rowAxis: 0), weight.height == 1
    else { return nil }
    let layer = SparsePointsLayer(g: g, stores: stores, starts: starts)
    return Plan(
      "sparse_points", storage, bytes: weight.bytes, layer.work(weight), target
    ) { builder throws(DiagnosticMessage) in try layer.emit(builder) }
  }
}

/// The loops of a sparse 1x1 convolution.
private struct SparsePointsLayer {
  let g: ConvolutionGeometry
  let stores: FloatStores
  let starts: FloatStarts

  private var tiles: Int { (g.outWidth + 17) / 18 }
  /// Positions of a tile; the last one may begin inside the one before.
  private var size: Int { (g.outWidth + tiles - 1) / tiles }
  private var channels: Int { g.y.shape[1] }

  func work(_ weight: SparseWeight) -> Work {
    let tiles = Double(g.y.shape[0] * self.tiles)
    var work = Work()
    work[.tile] = tiles * Double(channels)
    work[.line] = tiles
    work[.step] = tiles * weight.slots
    work[.fma] = tiles * weight.slots * Double(size)
    work[.result] = tiles * Double(channels * size)
    return work
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let table = builder.sparseTable(g.weight, g.operand, rowAxis: 0)
    guard let entries = table.entries else {
      preconditionFailure("index rows have no index for each entry")
    }
    let (starts, channels) = (starts, channels)
    let bias = FloatTable(channels) { starts[$0] }.buffer(builder, "starts", operand: nil)
    let target = builder.outputBuffer ?? g.y.buffer
    builder.loop("n", g.y.shape[0]) { n in
      builder.loop("p", to: .integer(tiles * size), step: size) { p in
        let last = Expr.integer(g.outWidth - size)
        let first = g.outWidth % size == 0 ? p : builder.define("first", p.minimum(last))
        let none = Expr.integer(0)
        let x = builder.define("x0", g.x.at([n, none, none, first]))
        let y = builder.define("y0", g.y.at([n, none, none, first]))
        tile(table, entries, bias, x, (target, y), builder)
      }
    }
    return Kernel(title: "sparse_points", variants: [.init(body: builder.takeStatements())])
  }

  private func tile(
    _ table: SparseTable, _ entries: SparseTable.Entries, _ bias: Buffer, _ x: Expr,
    _ y: (buffer: Buffer, place: Expr), _ builder: LoopBuilder
  ) {
    let none = Expr.integer(0)
    builder.microkernel(
      .points,
      [
        size, stores.parameter, entries.starts.element.bits / 8,
        entries.columns.element.bits / 8,
      ],
      [
        .address(g.x.buffer, x), .address(table.values, none), .address(entries.columns, none),
        .address(y.buffer, y.place), .address(entries.starts, none), .address(bias, none),
        .number(.integer(channels)), .number(.integer(4 * g.x.strides[1])),
        .number(.integer(4 * g.y.strides[1])),
      ]
    ) {
      builder.loop("co", channels) { channel in
        let start = builder.define("s", .load(bias, channel, lanes: 1))
        let sums = (0..<size).map { _ in builder.declare("a", start) }
        table.visit(
          table.cursor(channel, builder), first: none, count: 1, from: none, to: .integer(1),
          builder, enter: { _ in x }
        ) { base, column, slot in
          let place = builder.define("xk", base + column * g.x.strides[1])
          let weight = builder.define("w", table.value(slot))
          for (number, sum) in sums.enumerated() {
            builder.accumulate(sum, .load(g.x.buffer, place + number, lanes: 1) * weight)
          }
        }
        for (number, sum) in sums.enumerated() {
          let place = y.place + channel * g.y.strides[1] + number
          builder.emit(.store(y.buffer, place, stores.stored(.variable(sum))))
        }
      }
    }
  }
}
