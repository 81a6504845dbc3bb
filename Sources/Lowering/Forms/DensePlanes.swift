import CoppiceIR

/// Dense convolution in steps of one over planes whose rows lie side by side: a weight at a time for a
/// tile of neighbouring positions, some output channels together, so that an activation is loaded once
/// for all of them and nothing is turned, whatever the layout of the neighbours.
///
/// Weights are packed as `[block][column of the window][ci][ky][channel of the block]`.
struct DensePlanes: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage == .dense, target.hasWideVectors, let g = site.convolution,
      g.arithmetic.isFloat, let columns = WindowColumns(g),
      let frame = frame(g, site, columns, target)
    else { return nil }
    let height = frame.height
    let depth = g.weight.type.shape[1...].reduce(1, *)
    var work = frame.work(loads: Double(g.y.shape[1] / height * depth))
    work[.line] = work[.tile] * Double(columns.order.count)
    work[.step] = work[.tile] * Double(depth)
    work[.fma] = work[.load] * Double(height)
    if height <= 4 {
      // With so few uses gcc takes an activation from memory for each.
      work[.load] = work[.fma]
      work[.reach] *= Double(height)
    }
    work.reads(g.denseBytes, passes: work[.tile] * Double(height) / Double(g.y.shape[1]), target)
    let bytes = g.denseBytes + (frame.edges?.bytes ?? 0)
    return Plan("conv_planes", .dense, bytes: bytes, scratch: frame.scratch, work, target) {
      builder throws(DiagnosticMessage) in try emit(g, frame, builder)
    }
  }

  /// The most channels together that leave registers for tiles that begin with a row.
  private func frame(
    _ g: ConvolutionGeometry, _ site: Site, _ columns: WindowColumns, _ target: Target
  ) -> PlaneFrame? {
    for height in [8, 4, 2] where g.y.shape[1] / g.group % height == 0 {
      if let frame = PlaneFrame(g, site, columns, height: height, aside: .waitingForAll, target) {
        return frame
      }
    }
    return nil
  }

  private func emit(
    _ g: ConvolutionGeometry, _ frame: PlaneFrame, _ builder: LoopBuilder
  ) throws(DiagnosticMessage) -> Kernel {
    let height = frame.height
    let shape = g.weight.type.shape
    let (depth, rows) = (shape[1], shape[2])
    let block = ChannelBlock(first: 0, size: height, repeats: g.y.shape[1] / height)
    let order = frame.columns.order
    let packed = PackedWeights(
      [block], depth: depth * rows * order.count, channels: g.y.shape[1], builder, g.weight,
      operand: g.operand
    ) { channel, place in
      let (stage, ci, ky) = (place / (depth * rows), place / rows % depth, place % rows)
      return ((channel * depth + ci) * rows + ky) * shape[3] + order[stage]
    }
    func loops(_ sums: PlaneSums, _ operand: PlaneOperand) -> DensePlaneLoops {
      DensePlaneLoops(
        g: g, columns: frame.columns, operand: operand, packed: packed, sums: sums,
        builder: builder)
    }
    return try frame.emit("conv_planes", builder) { sums, operand, tile in
      loops(sums, operand).tile(tile)
    } numbers: { sums, operand, n in
      loops(sums, operand).numbers(n)
    }
  }
}

/// The loops of a dense convolution over planes, in vectors or in numbers.
private struct DensePlaneLoops {
  let g: ConvolutionGeometry
  let columns: WindowColumns
  let operand: PlaneOperand
  let packed: PackedWeights
  let sums: PlaneSums
  let builder: LoopBuilder

  private var depth: Int { g.weight.type.shape[1] }
  private var rows: Int { g.weight.type.shape[2] }

  /// A tile of vectors for all channels.
  ///
  /// Sums of columns on both sides of a result would not find registers together; one side is computed
  /// for all channels first.
  func tile(_ tile: PlaneFrame.Tile) {
    guard let parts = sums.parts, tile.aside == .waitingForAll else {
      return blocks(of: tile) { block, meet in sums.run(block, tile, meet) }
    }
    func place(_ block: Expr, _ row: Int, _ part: Int) -> Expr {
      (block * sums.height + row) * (tile.count * tile.lanes) + part * tile.lanes
    }
    blocks(of: tile) { block, meet in
      for (row, ended) in sums.ended(tile, meet).enumerated() {
        for (part, sum) in ended.enumerated() {
          builder.emit(.store(parts.buffer, place(block, row, part), .variable(sum)))
        }
      }
    }
    blocks(of: tile) { block, meet in
      let begun = sums.begun(block, tile, meet)
      for (row, begun) in begun.enumerated() {
        for (part, sum) in begun.enumerated() {
          let other = Expr.load(parts.buffer, place(block, row, part), lanes: tile.lanes)
          builder.accumulate(sum, other)
        }
      }
      sums.results.store(begun, block, tile)
    }
  }

  private func blocks(
    of tile: PlaneFrame.Tile,
    _ body: (_ block: Expr, _ meet: (_ stage: Int, _ sums: [[Variable]]) -> Void) -> Void
  ) {
    blocks { block, first in
      let place = operand.at(tile.n, first) + tile.place - PlaneOperand.above(g)
      let base = builder.define("x0", place)
      let table = builder.define("w0", packed.offset(block * sums.height))
      body(block) { stage, all in
        let reading = sums.reading(stage, tile)
        meet(stage, base + reading.offset, table, all, tile.lanes, reading.value)
      }
    }
  }

  /// All results one by one, where there are no vectors.
  func numbers(_ n: Expr) {
    blocks { block, first in
      let table = builder.define("w0", packed.offset(block * sums.height))
      builder.loop("p", g.outHeight * g.outWidth) { place in
        let base = builder.define("x0", operand.at(n, first) + place - PlaneOperand.above(g))
        let sums = sums.results.starts(block, 1, 1)
        let column = builder.define("column", combine(.rem, place, .integer(g.width)))
        for (stage, tap) in columns.order.enumerated() {
          let offset = columns.offset(tap, g.window)
          let isInside =
            offset <= 0
            ? column.compared(.ge, .integer(-offset))
            : column.compared(.lt, .integer(g.width - offset))
          func meet() {
            self.meet(stage, base + offset, table, sums, 1) { x, _ in
              .load(operand.view.buffer, x, lanes: 1)
            }
          }
          if offset == 0 { meet() } else { builder.when(isInside) { meet() } }
        }
        for (row, sum) in sums.enumerated() {
          let channel = block * self.sums.height + row
          builder.store(.variable(sum[0]), to: g.y, at: [n, channel, .integer(0), place])
        }
      }
    }
  }

  private func blocks(_ body: (_ block: Expr, _ channel: Expr) -> Void) {
    let blocks = g.y.shape[1] / g.group / sums.height
    builder.loop("g", g.group) { group in
      builder.loop("b", blocks) { index in body(group * blocks + index, group * depth) }
    }
  }

  /// Adds what a column of the window contributes.
  private func meet(
    _ stage: Int, _ base: Expr, _ table: Expr, _ sums: [[Variable]], _ lanes: Int,
    _ read: (_ x: Expr, _ part: Int) -> Expr?
  ) {
    builder.loop("ci", depth) { ci in
      let plane = builder.define("xc", base + ci * operand.step)
      let tap = builder.define("wc", table + (ci + stage * depth) * (rows * sums.count))
      builder.loop("ky", rows) { ky in
        let x = builder.define("x", plane + ky * (g.window.dilations[0] * g.width))
        let weights = builder.define("wk", tap + ky * sums.count)
        add(sums, weights, lanes) { read(x, $0) }
      }
    }
  }

  /// Adds a weight for each row of sums; the fewer of weights and activations are held meanwhile.
  private func add(
    _ sums: [[Variable]], _ weights: Expr, _ lanes: Int, _ read: (_ part: Int) -> Expr?
  ) {
    func activation(_ part: Int) -> Expr? { read(part).map { builder.define("xv", $0) } }
    func weight(_ row: Int) -> Expr {
      let load = Expr.load(packed.buffer, weights + row, lanes: 1)
      return builder.define("w", g.arithmetic.factor(load)).splatted(lanes)
    }
    if sums.count > sums[0].count {
      let loaded = sums[0].indices.map(activation)
      for (number, row) in sums.enumerated() {
        let weight = weight(number)
        for case (let sum, let activation?) in zip(row, loaded) {
          builder.accumulate(sum, activation * weight)
        }
      }
    } else {
      let loaded = sums.indices.map(weight)
      for part in sums[0].indices {
        guard let activation = activation(part) else { continue }
        for (row, weight) in zip(sums, loaded) {
          builder.accumulate(row[part], activation * weight)
        }
      }
    }
  }
}
