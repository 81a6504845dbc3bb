import CoppiceIR

/// Depthwise convolution in steps of one over planes whose rows lie side by side, so that vectors are
/// full whatever the width of an image, and layers that are sparse need not turn their results.
struct DepthwisePlanes: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage == .dense, target.hasWideVectors, let g = site.convolution, g.isDepthwise,
      g.arithmetic.isFloat, g.window.kernel[0] * g.window.kernel[1] <= 25,
      let columns = WindowColumns(g),
      let frame = PlaneFrame(g, site, columns, height: 1, aside: .moving, target)
        ?? PlaneFrame(g, site, columns, height: 1, aside: .reading, target)
    else { return nil }
    let taps = g.window.kernel[0] * g.window.kernel[1]
    var work = frame.work(loads: Double(g.group * taps))
    work[.line] = work[.tile] * Double(columns.order.count)
    work[.fma] = work[.load]
    frame.readsBeside(&work)
    work.waits(work[.load], sums: frame.widest.size)
    let bytes = g.denseBytes + (frame.edges?.bytes ?? 0)
    return Plan(
      "depthwise_planes", .dense, bytes: bytes, scratch: frame.scratch, work, target
    ) { builder throws(DiagnosticMessage) in try emit(g, frame, builder) }
  }

  private func emit(
    _ g: ConvolutionGeometry, _ frame: PlaneFrame, _ builder: LoopBuilder
  ) throws(DiagnosticMessage) -> Kernel {
    let taps = g.window.kernel[0] * g.window.kernel[1]
    let block = ChannelBlock(first: 0, size: 1, repeats: g.group)
    let packed = PackedWeights(
      [block], depth: taps, channels: g.group, builder, g.weight, operand: g.operand
    ) { channel, tap in channel * taps + tap }
    let finish = try g.arithmetic.finishing(builder)
    return try frame.emit("depthwise", builder) { sums, operand, tile in
      builder.loop("co", g.group) { channel in
        let place = operand.at(tile.n, channel) + tile.place - PlaneOperand.above(g)
        let start = builder.define("x0", place)
        let table = builder.define("w0", packed.offset(channel))
        sums.run(channel, tile) { stage, rows in
          let column = frame.columns.order[stage]
          let reading = sums.reading(stage, tile)
          for row in 0..<g.window.kernel[0] {
            let tap = table + (row * g.window.kernel[1] + column)
            let weight = builder.define("w", .load(packed.buffer, tap, lanes: 1))
            let x = start + (row * g.window.dilations[0] * g.width + reading.offset)
            for (part, sum) in rows[0].enumerated() {
              guard let value = reading.value(x, part) else { continue }
              builder.accumulate(sum, value * weight.splatted(tile.lanes))
            }
          }
        }
      }
    } numbers: { _, _, n in
      let tile = DepthwiseTile(g: g, packed: packed, builder: builder, lanes: 1, finish: finish)
      tile.run(block, n)
    }
  }
}
