import CoppiceIR

/// Rows times a sparse matrix, as many results as a vector has lanes at a time: each lane picks its
/// nonzero's activation out of a window of some vectors that slides along the row.
///
/// Lanes go along the matrix's rows, so that vectors are full however few rows of activations there
/// are: fully connected layers, and 1x1 convolutions whose channels come last.
struct SparseWindowRows: KernelForm {
  func plan(_ site: Site, _ storage: StorageKind, _ target: Target) -> Plan? {
    guard storage == .indexRows, target.picksLanes, let rows = WindowRows(site),
      rows.arithmetic.element == .float32, rows.weight.type.element == .float32
    else { return nil }
    let lanes = target.lanes(of: .float32)
    let rest = rows.columns % lanes
    guard rows.columns >= lanes, rows.depth >= 2 * lanes,
      rest == 0 || rows.count == 1 && rows.arithmetic.start == nil,
      let (order, slots) = order(site, rows, lanes)
    else { return nil }
    let bytes = WindowTable.bytes(
      rows: rows.columns, depth: rows.depth, order: order, slots: slots, elementBytes: 4)
    let kernel = WindowKernel(rows: rows, order: order)
    let work = work(kernel, Double(slots), bytes, target)
    let form =
      rows.count > 1
      ? "sparse_windows_rows" : order.vectors > 2 ? "sparse_windows_wide" : "sparse_windows"
    return Plan(form, storage, bytes: bytes, scratch: kernel.scratch, work, target) {
      builder throws(DiagnosticMessage) in try kernel.emit(builder)
    }
  }

  /// The order with the least product of bytes and time: wide windows leave fewer lanes without a
  /// nonzero, but pick from twice as many vectors.
  private func order(
    _ site: Site, _ rows: WindowRows, _ lanes: Int
  ) -> (WindowTable.Order, slots: Int)? {
    guard let narrow = order(site, rows, lanes, vectors: 2) else { return nil }
    guard rows.count == 1, rows.depth >= 4 * lanes,
      let wide = order(site, rows, lanes, vectors: 4)
    else { return narrow }
    let part = Double(wide.slots) / Double(max(narrow.slots, 1))
    return part * part * 1.42 < 1 ? wide : narrow
  }

  /// Rows of the matrix are sorted where that leaves clearly fewer slots.
  private func order(
    _ site: Site, _ rows: WindowRows, _ lanes: Int, vectors: Int
  ) -> (WindowTable.Order, slots: Int)? {
    let plain = WindowTable.Order(lanes: lanes, vectors: vectors, isSorted: false)
    guard let slots = site.windowSlots(rows.rowAxis, plain) else { return nil }
    let sorted = WindowTable.Order(lanes: lanes, vectors: vectors, isSorted: true)
    guard rows.count == 1, rows.arithmetic.start == nil,
      let fewer = site.windowSlots(rows.rowAxis, sorted), fewer * 10 < slots * 9
    else { return (plain, slots) }
    return (sorted, fewer)
  }

  private func work(
    _ kernel: WindowKernel, _ slots: Double, _ bytes: Int, _ target: Target
  ) -> Work {
    let rows = kernel.rows
    let outer = Double(rows.outer.reduce(1, *))
    let lanes = kernel.order.lanes
    let groups = Double((rows.columns + lanes - 1) / lanes)
    let size = kernel.size(lanes)
    let tiles = outer * Double((rows.count + size - 1) / size)
    var work = Work()
    work[.tile] = groups * tiles
    work[.step] = slots * tiles
    work[.fma] = slots * outer * Double(rows.count)
    let chunks = groups * Double((rows.depth + lanes - 1) / lanes)
    work[.line] = chunks * tiles
    work[.load] = chunks * outer * Double(rows.count)
    if rows.count > 1, rows.depth % lanes != 0 { work[.reach] = work[.load] }
    work[.store] = groups * outer * Double(rows.count)
    if kernel.order.isSorted { work[.copy] = outer * Double(rows.columns) }
    work.reads(bytes, passes: tiles, target)
    return work
  }
}

/// The loops over groups of the matrix's rows and tiles of rows of activations.
private struct WindowKernel {
  let rows: WindowRows
  /// What the table is made for.
  let order: WindowTable.Order

  private var lanes: Int { order.lanes }

  /// Results behind the last whole group.
  private var rest: Int { rows.columns % lanes }

  /// Bytes for the last results, or for all before they are stored.
  var scratch: Int {
    let sums = order.isSorted ? rows.columns : 0
    return ((rest > 0 || order.isSorted ? lanes : 0) + sums) * 4
  }

  /// Rows of activations in a tile.
  func size(_ width: Int) -> Int {
    let most = width == lanes ? 10 : width > 1 ? 3 : 1
    let tiles = (rows.count + most - 1) / most
    return (rows.count + tiles - 1) / tiles
  }

  func emit(_ builder: LoopBuilder) throws(DiagnosticMessage) -> Kernel {
    let table = builder.windowTable(
      rows.weight, rows.operand, rowAxis: rows.rowAxis, order: order)
    let finish = try rows.arithmetic.finishing(builder)
    let last =
      rest > 0 || order.isSorted ? builder.scratch(.float32, [lanes], "last") : nil
    let sums = order.isSorted ? builder.scratch(.float32, [rows.columns], "sums") : nil
    var variants: [Kernel.Variant] = []
    for width in [lanes, lanes / 2, 1] {
      builder.laneAxis = rows.laneAxis
      builder.loops(rows.outer, "n") { outer in
        let (size, start) = (size(width), builder.define("x0", rows.start(outer)))
        let whole = rows.count / size * size
        func tile(_ first: Expr, _ count: Int) {
          let tile = WindowTile(
            rows: rows, table: table, order: order, width: width, outer: outer, row: first,
            count: count, start: builder.define("x1", start + first * rows.step), finish: finish,
            last: last, sums: sums, builder: builder)
          tile.run()
        }
        builder.loop("r", to: .integer(whole), step: size) { tile($0, size) }
        if rows.count > whole { tile(.integer(whole), rows.count - whole) }
      }
      variants.append(
        .init(vectorBytes: width > 1 ? width * 4 : 0, body: builder.takeStatements()))
    }
    return Kernel(title: "sparse_windows", variants: variants)
  }
}
