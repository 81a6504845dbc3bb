import CoppiceIR

/// Depthwise convolution in larger steps, or to narrower rows, over planes whose rows lie side by side:
/// all taps of a filter one after the other.
struct DepthwiseTapPlanes: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage == .dense, let g = site.convolution, let frame = TapFrame(g, site, target) else {
      return nil
    }
    let taps = g.window.kernel[0] * g.window.kernel[1]
    return Plan(
      "depthwise_plane_taps", .dense, bytes: g.denseBytes, scratch: frame.scratch,
      frame.work(Double(g.group * taps), masks: 0), target
    ) { builder throws(DiagnosticMessage) in try emit(frame, builder) }
  }

  private func emit(
    _ frame: TapFrame, _ builder: LoopBuilder
  ) throws(DiagnosticMessage) -> Kernel {
    let g = frame.g
    let (rows, columns) = (g.window.kernel[0], g.window.kernel[1])
    let block = ChannelBlock(first: 0, size: 1, repeats: g.group)
    let packed = PackedWeights(
      [block], depth: rows * columns, channels: g.group, builder, g.weight, operand: g.operand
    ) { channel, tap in channel * rows * columns + tap }
    let finish = try g.arithmetic.finishing(builder)
    return try frame.emit(builder) { n, planes, tiling in
      builder.loop("co", g.group) { channel in
        let table = builder.define("w0", packed.offset(channel))
        planes.plane(n, channel, tiling) { base, sums, gathers in
          for tap in 0..<(rows * columns) {
            let (row, column) = tap.quotientAndRemainder(dividingBy: columns)
            let weight = builder.define("w", .load(packed.buffer, table + tap, lanes: 1))
            let x = base + (row * frame.steps.row + column * frame.steps.column)
            for (vector, sum) in sums.enumerated() {
              let value = gathers[vector].value(planes.operand.view.buffer, x, builder)
              let met = (0..<tiling.lanes).map { lane in
                frame.isMet(column, vector * tiling.lanes + lane)
              }
              builder.accumulate(sum, value.kept(met) * weight.splatted(tiling.lanes))
            }
          }
        }
      }
    } numbers: { n, _ in
      let tile = DepthwiseTile(g: g, packed: packed, builder: builder, lanes: 1, finish: finish)
      tile.run(block, n)
    }
  }
}

extension Expr {
  /// A vector with zeros in some lanes.
  fileprivate func kept(_ lanes: [Bool]) -> Expr {
    if lanes.allSatisfy({ $0 }) { return self }
    let order = lanes.enumerated().map { $1 ? $0 : lanes.count + $0 }
    return .shuffle(self, Expr.constant(0, .float32).splatted(lanes.count), order)
  }
}
