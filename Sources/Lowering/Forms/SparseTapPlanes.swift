import CoppiceIR

/// Depthwise convolution with sparse filters in larger steps, or to narrower rows, over planes whose
/// rows lie side by side: the nonzeros of a filter one after the other.
struct SparseTapPlanes: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage == .indexRows, let g = site.convolution,
      let weight = site.sparse(g.operand, storage, rowAxis: 0),
      let frame = TapFrame(g, site, target)
    else { return nil }
    let bytes = TapTable.bytes(
      g.weight.type.shape, steps: frame.steps, taps: Int(weight.slots),
      hasColumns: frame.hasEdges, elementBytes: g.arithmetic.bytes)
    let masks = frame.hasEdges ? frame.places * g.window.kernel[1] : 0
    return Plan(
      "sparse_plane_taps", storage, bytes: bytes + masks, scratch: frame.scratch,
      frame.work(weight.slots, masks: frame.hasEdges ? 1 : 0), target
    ) { builder throws(DiagnosticMessage) in try emit(frame, builder) }
  }

  private func emit(
    _ frame: TapFrame, _ builder: LoopBuilder
  ) throws(DiagnosticMessage) -> Kernel {
    let loops = SparseTapLoops(frame, builder)
    return try frame.emit(builder) { n, planes, tiling in
      loops.image(n, planes, tiling)
    } numbers: { n, planes in
      loops.numbers(n, planes)
    }
  }
}

/// The loops of a depthwise convolution with sparse filters.
private struct SparseTapLoops {
  let frame: TapFrame
  let builder: LoopBuilder
  let table: TapTable
  /// For each column of the window and result of a tile 1 if it has an activation there.
  private let masks: Buffer?

  init(_ frame: TapFrame, _ builder: LoopBuilder) {
    (self.frame, self.builder) = (frame, builder)
    let g = frame.g
    table = builder.tapTable(
      g.weight, g.operand, steps: frame.steps, hasColumns: frame.hasEdges)
    let columns = frame.hasEdges ? 0..<g.window.kernel[1] : 0..<0
    let bytes = columns.flatMap { column in
      (0..<frame.places).map { UInt8(frame.isMet(column, $0) ? 1 : 0) }
    }
    masks =
      bytes.isEmpty
      ? nil : builder.addConstant(Bytes(bytes), .uint8, bytes.count, "masks", g.operand)
  }

  private var g: ConvolutionGeometry { frame.g }

  /// Goes through the channels with their taps.
  private func channels(_ body: (_ channel: Expr, _ first: Expr, _ end: Expr) -> Void) {
    let cursor = builder.declare("k", .integer(0))
    builder.loop("b", g.group) { index in
      let load = Expr.load(table.channels, index, lanes: 1).converted(to: .index)
      let channel = builder.define("co", load)
      let first = builder.define("first", .variable(cursor))
      let count = Expr.load(table.counts, index, lanes: 1).converted(to: .index)
      let end = builder.define("end", first + count)
      body(channel, first, end)
      builder.assign(cursor, end)
    }
  }

  /// An image in vectors.
  func image(_ n: Expr, _ planes: TapPlanes, _ tiling: PlaneTiling) {
    let lanes = tiling.lanes
    let zero = Expr.constant(0, .float32).splatted(lanes)
    channels { channel, first, end in
      planes.plane(n, channel, tiling) { base, sums, gathers in
        builder.loop("e", from: first, to: end) { entry in
          let place = Expr.load(table.places, entry, lanes: 1).converted(to: .index)
          let x = builder.define("x", base + place)
          let weight = builder.define("w", .load(table.values, entry, lanes: 1))
          let first = table.columns.map { columns in
            let column = Expr.load(columns, entry, lanes: 1).converted(to: .index)
            return builder.define("m", column * frame.places)
          }
          for (vector, sum) in sums.enumerated() {
            var value = gathers[vector].value(planes.operand.view.buffer, x, builder)
            if let masks, let first {
              let bytes = Expr.load(masks, first + vector * lanes, lanes: lanes)
              let met = bytes.converted(to: .element(.int32))
              let isMet = met.compared(.gt, Expr.constant(0, .int32).splatted(lanes))
              value = .select(isMet, value, zero)
            }
            builder.accumulate(sum, value * weight.splatted(lanes))
          }
        }
      }
    }
  }

  /// An image one by one.
  func numbers(_ n: Expr, _ planes: TapPlanes) {
    let (window, width) = (g.window, g.outWidth)
    channels { channel, first, end in
      let start = builder.define("x0", planes.start(n, channel))
      builder.loop("p", g.outHeight * width) { place in
        let column = builder.define("column", combine(.rem, place, .integer(width)))
        let across = column * window.strides[1]
        let base = builder.define("xt", start + place / .integer(width) * planes.row + across)
        let sums = planes.results.starts(channel, 1, 1)
        builder.loop("e", from: first, to: end) { entry in
          let down = Expr.load(table.places, entry, lanes: 1).converted(to: .index)
          let x = Expr.load(planes.operand.view.buffer, base + down, lanes: 1)
          let product = x * .load(table.values, entry, lanes: 1)
          guard let columns = table.columns else {
            return builder.accumulate(sums[0][0], product)
          }
          let tap = Expr.load(columns, entry, lanes: 1).converted(to: .index)
          let at = builder.define("at", across + tap * frame.steps.column - window.begin[1])
          builder.when(at.compared(.ge, .integer(0))) {
            builder.when(at.compared(.lt, .integer(g.width))) {
              builder.accumulate(sums[0][0], product)
            }
          }
        }
        builder.store(
          .variable(sums[0][0]), to: g.y, at: [n, channel, .integer(0), place])
      }
    }
  }
}
