import CoppiceIR

/// Convolution with sparse weights over planes whose rows lie side by side, so that vectors are full
/// whatever the width of an image; in larger steps over a copy with a plane for each place in a step.
///
/// A nonzero meets a tile of whole vectors of neighbouring positions. Taps beside each other are not
/// read from beside each other: sums of a column of the window are moved by a lane at its end, so that
/// loads stay aligned where rows are whole vectors.
struct SparsePlanes: KernelForm {
  /// Whether four rows are taken together, their nonzeros told apart by the rows that they have, so
  /// that an activation is loaded once for all of them.
  let byPattern: Bool

  private static let storages: [StorageKind] = [
    .indexRows, .blocks, .blocks8, .blocks16, .inputBlocks,
  ]

  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard target.hasWideVectors, let own = site.convolution, own.arithmetic.isFloat,
      let weight = site.sparse(own.operand, storage, rowAxis: 0),
      byPattern ? storage == .indexRows : Self.storages.contains(storage)
    else { return nil }
    let g = own.inPhases() ?? own
    if storage.width > 1 {
      let channels = g.x.shape[1] / g.group
      guard g.phases == nil, channels >= storage.width else { return nil }
    }
    let shape = g.phases?.shape(own.weight.type.shape) ?? own.weight.type.shape
    let layout = SparseLayout(shape, rowAxis: 0)
    guard layout.windowColumns == g.window.kernel[1], let columns = WindowColumns(g) else {
      return nil
    }
    let height = byPattern ? 4 : weight.height
    let order = PlaneTable.Order(
      height: height, byPattern: byPattern, width: storage.width, columns: columns.order)
    let met = Int(weight.slots)
    guard g.y.shape[1] / g.group % order.height == 0,
      let frame = frame(g, site, columns, order, target)
    else { return nil }
    let places = PlaneTable.Places(
      channels: frame.operand.step, rows: g.window.dilations[0] * g.width)
    let entries = byPattern ? site.entries(g.operand, .blocks) : met / storage.width
    let values = byPattern ? site.entries(g.operand, .indexRows) : met * weight.height
    let bytes = PlaneTable.bytes(
      layout, order, places, windowRows: g.window.kernel[0], entries: entries,
      values: values, elementBytes: g.weight.type.element.bits / 8)
    let stored = bytes + (frame.edges?.bytes ?? 0)
    let form =
      (g.window.kernel == [1, 1] ? "sparse_planes1x1" : "sparse_planes")
      + (byPattern ? "_patterns" : "")
    let work = work(frame, order, Double(entries), Double(values), bytes: bytes, target)
    return Plan(form, storage, bytes: stored, scratch: frame.scratch, work, target) {
      builder throws(DiagnosticMessage) in
      try emit(frame, order, places, builder)
    }
  }

  /// Blocks read activations from beside, as all do where rows do not go into tiles.
  ///
  /// Four products pay for a load that crosses a line of the cache.
  private func frame(
    _ g: ConvolutionGeometry, _ site: Site, _ columns: WindowColumns, _ order: PlaneTable.Order,
    _ target: Target
  ) -> PlaneFrame? {
    func frame(_ aside: PlaneCut.Aside) -> PlaneFrame? {
      PlaneFrame(g, site, columns, height: order.rows, aside: aside, target)
    }
    let isShared = order.rows > 1 && !byPattern && columns.moves
    let moving = isShared ? nil : frame(order.rows == 1 ? .moving : .waiting)
    return moving ?? frame(.reading)
  }

  /// As many loops in a row a branch predictor knows by heart.
  private static let learnt = 512.0

  /// The bytes of instructions of a tile, about: each line has a loop, with a product for each of its
  /// rows and vectors.
  private func codeBytes(_ frame: PlaneFrame, _ order: PlaneTable.Order) -> Int {
    let products = order.patterns.reduce(0) { $0 + $1.count } * frame.widest.size
    return order.columns.count * (products * 12 + order.patterns.count * 60)
  }

  private func work(
    _ frame: PlaneFrame, _ order: PlaneTable.Order, _ entries: Double, _ values: Double,
    bytes: Int, _ target: Target
  ) -> Work {
    let images = Double(frame.g.y.shape[0])
    let entries = entries * Double(order.passes)
    var work = frame.work(loads: entries * Double(order.width))
    work[.line] = work[.tile] * Double(order.columns.count * order.patterns.count)
    if frame.g.x.shape[1] == frame.g.group, !byPattern {
      // Sums of a column that a filter has nothing in are not moved.
      work[.move] *= min(1, entries / Double(frame.g.group * order.columns.count))
    }
    if byPattern || order.rows == 1 { frame.readsBeside(&work) }
    work[.step] = entries * images * Double(frame.widest.tiles)
    if let caches = target.caches {
      if codeBytes(frame, order) > caches.first { work[.miss] = work[.line] }
      // How often each loop turns is known again from one tile to the next, as far as that is learnt.
      let lines = work[.line] / Double(max(frame.widest.tiles, 1))
      if byPattern { work[.miss] += max(0, lines - images * Self.learnt) }
    }
    work[.fma] = values * images * Double(frame.widest.vectors)
    let vectors = frame.widest.size
    let sums = Double(order.rows * vectors * order.turns(frame.g, vectors))
    if !byPattern, sums < 4 { work[.chain] = work[.step] * (1 - sums / 4) }
    // Compilers run short of registers for what goes on from one pass to the next.
    let isMoved = frame.columns.moves && frame.aside != .reading
    if order.passes > 1, isMoved { work[.fma] *= 1.3 }
    // So they do for sums of several rows that move on under a long window.
    let isLong = order.rows > 1 && !byPattern && order.columns.count > 8
    if isLong, isMoved { work[.fma] *= 1.4 }
    // With a loop or fifteen for each of so many columns, instructions are decoded again and again.
    if order.columns.count > 16 {
      for step in [Work.Step.step, .load, .fma] { work[step] *= 1.5 }
    }
    work.reads(bytes, passes: images * Double(frame.widest.tiles), target)
    return work
  }

  private func emit(
    _ frame: PlaneFrame, _ order: PlaneTable.Order, _ places: PlaneTable.Places,
    _ builder: LoopBuilder
  ) throws(DiagnosticMessage) -> Kernel {
    let g = frame.g
    let weight = g.phases?.rearranged(g.weight) ?? g.weight
    let table = builder.planeTable(weight, g.operand, order, places)
    func walk(_ sums: PlaneSums, _ operand: PlaneOperand) -> PlaneWalk {
      PlaneWalk(
        g: g, order: order, columns: frame.columns, operand: operand, places: places, table: table,
        sums: sums, builder: builder)
    }
    return try frame.emit("sparse_planes", builder) { sums, operand, tile in
      walk(sums, operand).tile(tile)
    } numbers: { sums, operand, n in
      walk(sums, operand).numbers(n)
    }
  }
}

extension Site {
  /// Entries that a storage has for an operand.
  fileprivate func entries(_ operand: Int, _ storage: StorageKind) -> Int {
    sparse(operand, storage, rowAxis: 0).map { Int($0.slots) } ?? 0
  }
}
