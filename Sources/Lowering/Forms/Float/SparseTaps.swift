import CoppiceIR

/// Convolution of floats with sparse weights over a copy of the operand with its padding around it: a
/// tile of up to 18 positions in registers, for all channels one after the other.
///
/// Taps are groups of nonzeros, and a table says how far each lies from the first.
struct SparseTaps: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasFloatPrograms, storage == StorageKind(IndexRows.self),
      let g = site.convolution, g.arithmetic.element == .float32,
      g.weight.type.element == .float32, g.x.stored == .float32, g.y.strides[3] == 1,
      g.group == 1 || g.isDepthwise, let stores = FloatStores(site),
      let starts = FloatStarts(site),
      let weight = site.sparse(g.operand, storage, rowAxis: 0), weight.height == 1,
      weight.layout.windowColumns == g.window.kernel[1]
    else { return nil }
    let layer = SparseTapsLayer(g, weight.layout, stores, starts, room: site.room(target))
    guard g.outWidth >= 3, layer.reach < 1 << 16 else { return nil }
    return Plan(
      "sparse_taps", storage, bytes: weight.bytes, scratch: layer.scratchBytes,
      layer.work(weight), target
    ) { builder throws(DiagnosticMessage) in try layer.emit(builder) }
  }
}

/// The loops of a sparse convolution by taps.
private struct SparseTapsLayer {
  private let g: ConvolutionGeometry
  private let band: PaddedBand
  private let layout: SparseLayout
  private let stores: FloatStores
  private let starts: FloatStarts
  /// Rows and columns of a tile; the last ones may begin inside those before.
  private let rows: Int
  private let columns: Int

  init(
    _ g: ConvolutionGeometry, _ layout: SparseLayout, _ stores: FloatStores, _ starts: FloatStarts,
    room: Int?
  ) {
    (self.g, self.layout, self.stores, self.starts) = (g, layout, stores, starts)
    func part(_ count: Int, _ limit: Int) -> Int {
      let parts = (count + limit - 1) / limit
      return (count + parts - 1) / parts
    }
    columns = part(g.outWidth, 18)
    rows = part(g.outHeight, max(1, 18 / columns))
    band = PaddedBand(g, rows: rows, room: room)
  }

  var scratchBytes: Int { band.count * 4 }

  private var across: Int { (g.outWidth + columns - 1) / columns }
  private var channels: Int { g.y.shape[1] }

  /// Whether a group's columns are rows of the window.
  private var hasRowsAsColumns: Bool { layout.windowRows < g.window.kernel[0] }
  private var lineStep: Int { g.window.dilations[0] * band.line }
  private var columnStep: Int { hasRowsAsColumns ? lineStep : band.plane }

  /// How far a tap lies from the first.
  private func place(_ group: Int) -> Int {
    let (kx, ky) = group.quotientAndRemainder(dividingBy: layout.windowRows)
    return band.tap(kx) + ky * lineStep
  }

  /// The farthest tap.
  var reach: Int { (0..<layout.groups).map { place($0) }.max() ?? 0 }

  func work(_ weight: SparseWeight) -> Work {
    let down = (band.rows + rows - 1) / rows * band.bands
    let count = Double(g.y.shape[0] * down * across)
    let loads = rows > 1 ? 2 * rows - 1 : 2 * columns < 32 ? 1 : 2
    var work = Work()
    work[.chain] = count
    work[.tile] = count * Double(channels)
    work[.line] = count * weight.lines
    work[.step] = count * weight.slots
    work[.load] = count * weight.slots * Double(loads)
    work[.fma] = count * weight.slots * Double(rows * columns)
    work[.result] = count * Double(channels * rows * columns)
    work[.copy] = Double(g.y.shape[0]) * band.cost
    return work
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let table = builder.sparseTable(g.weight, g.operand, rowAxis: 0)
    guard let entries = table.entries else {
      preconditionFailure("index rows have no index for each entry")
    }
    let copy = builder.scratch(.float32, [band.count], "rows").buffer
    let (starts, channels) = (starts, channels)
    let bias = FloatTable(channels) { starts[$0] }.buffer(builder, "starts", operand: nil)
    let places = (0..<layout.groups).map { UInt16(place($0)) }
    let taps = builder.addConstant(Bytes(places), .uint16, places.count, "taps", nil)
    let tables = Tables(table: table, entries: entries, bias: bias, taps: taps, copy: copy)
    builder.loop("n", g.y.shape[0]) { n in
      builder.loop("b", band.bands) { number in
        let top = first(number, band.rows, g.outHeight, "top", builder)
        band.fill(copy, n, from: top, builder)
        builder.loop("ty", (band.rows + rows - 1) / rows) { down in
          let row = first(down, rows, band.rows, "row", builder)
          builder.loop("tx", across) { across in
            let ox = first(across, columns, g.outWidth, "ox", builder)
            run(tables, row * band.rowStep + ox, [n, .integer(0), top + row, ox], builder)
          }
        }
      }
    }
    return Kernel(title: "sparse_taps", variants: [.init(body: builder.takeStatements())])
  }

  /// Where a part begins; the last one ends with the results.
  private func first(
    _ number: Expr, _ size: Int, _ count: Int, _ hint: String, _ builder: LoopBuilder
  ) -> Expr {
    let place = number * size
    return count % size == 0
      ? place : builder.define(hint, place.minimum(.integer(count - size)))
  }

  private struct Tables {
    let table: SparseTable
    let entries: SparseTable.Entries
    let bias: Buffer
    let taps: Buffer
    let copy: Buffer
  }

  private func run(_ tables: Tables, _ place: Expr, _ index: [Expr], _ builder: LoopBuilder) {
    let none = Expr.integer(0)
    let advance = g.isDepthwise ? band.plane : 0
    let x = builder.define("x0", place)
    let y = builder.define("y0", g.y.at(index))
    let target = builder.outputBuffer ?? g.y.buffer
    let entries = tables.entries
    let numbers = [
      channels, 4 * columnStep, 4 * g.y.strides[1], layout.groups, 4 * advance,
      4 * band.rowStep, 4 * g.y.strides[2],
    ]
    builder.microkernel(
      .floatWindows,
      [
        rows, columns, stores.parameter, entries.starts.element.bits / 8,
        entries.columns.element.bits / 8,
      ],
      [
        .address(tables.copy, x), .address(tables.table.values, none),
        .address(entries.columns, none), .address(target, y), .address(entries.starts, none),
        .address(tables.bias, none), .address(tables.taps, none),
      ] + numbers.map { .number(.integer($0)) }
    ) {
      builder.loop("co", channels) { channel in
        meaning(tables, x + channel * advance, channel, (target, y), builder)
      }
    }
  }

  /// One channel of a tile.
  private func meaning(
    _ tables: Tables, _ x: Expr, _ channel: Expr, _ y: (buffer: Buffer, place: Expr),
    _ builder: LoopBuilder
  ) {
    let none = Expr.integer(0)
    let start = builder.define("s", .load(tables.bias, channel, lanes: 1))
    let sums = (0..<rows).map { _ in (0..<columns).map { _ in builder.declare("a", start) } }
    let table = tables.table
    table.visit(
      table.cursor(channel, builder), first: none, count: layout.groups, from: none,
      to: .integer(layout.groups), builder,
      enter: {
        let tap = Expr.load(tables.taps, $0, lanes: 1).converted(to: .index)
        return builder.define("xt", x + tap)
      }
    ) { base, column, slot in
      let place = builder.define("xk", base + column * columnStep)
      let weight = builder.define("w", table.value(slot))
      for (row, line) in sums.enumerated() {
        for (number, sum) in line.enumerated() {
          let load = Expr.load(tables.copy, place + (row * band.rowStep + number), lanes: 1)
          builder.accumulate(sum, load * weight)
        }
      }
    }
    for (row, line) in sums.enumerated() {
      for (number, sum) in line.enumerated() {
        let place =
          y.place + channel * g.y.strides[1] + (row * g.y.strides[2] + number * g.y.strides[3])
        builder.emit(.store(y.buffer, place, stores.stored(.variable(sum))))
      }
    }
  }
}
