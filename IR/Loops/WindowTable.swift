/// A matrix without its zeros for kernels that compute as many rows as a vector has lanes, each lane a
/// row: a slot holds for each lane its next nonzero among the columns of a window of some vectors, and
/// where the window begins.
///
/// The window begins at the vector that holds the next nonzero of the row that is furthest behind. Rows
/// that have none there get a zero. What is met early in one row makes room for what is met late in
/// another. There are an even number of slots for each group of rows. Sorted rows stand in groups with
/// others of as many nonzeros, so that few lanes wait for the fullest.
package struct WindowTable {
  /// Where the slots of each group of rows end, in pairs.
  package let ends: Buffer
  /// For each slot the first column of its window.
  package let starts: Buffer
  /// For each slot and lane the column, counted from the window's first.
  package let columns: Buffer
  package let values: Buffer
  /// The row of each lane of each group, where rows are sorted.
  package let rows: Buffer?

  /// How a matrix is taken apart.
  package struct Order: Hashable, Sendable {
    /// Of a vector.
    package var lanes: Int
    /// Vectors of a window: two or four.
    package var vectors: Int
    /// Whether rows are sorted.
    package var isSorted: Bool

    /// Makes an order.
    package init(lanes: Int, vectors: Int, isSorted: Bool) {
      self.lanes = lanes
      self.vectors = vectors
      self.isSorted = isSorted
    }

    /// Columns of a window.
    package var columns: Int { lanes * vectors }
  }

  /// The bytes of the tables.
  ///
  /// - Parameters:
  ///   - rows: Rows.
  ///   - depth: Columns.
  ///   - order: How they are taken apart.
  ///   - slots: In all.
  ///   - elementBytes: Bytes of a value.
  /// - Returns: Those of all.
  package static func bytes(
    rows: Int, depth: Int, order: Order, slots: Int, elementBytes: Int
  ) -> Int {
    let groups = (rows + order.lanes - 1) / order.lanes
    let slots = max(slots, 1)
    return groups * indexBytes(slots / 2) + slots * indexBytes(depth)
      + slots * order.lanes * (1 + elementBytes)
      + (order.isSorted ? rows * indexBytes(rows - 1) : 0)
  }

  /// The slots of a matrix.
  ///
  /// - Parameters:
  ///   - pattern: The nonzeros of a weight of rank 2.
  ///   - order: How it is taken apart; there are at least as many columns as in a window.
  /// - Returns: Their number.
  /// - Complexity: O(*n*), of the nonzeros.
  package static func slots(_ pattern: NonzeroPattern, _ order: Order) -> Int {
    var (starts, columns) = ([0], [Int32]())
    columns.reserveCapacity(pattern.count)
    for line in 0..<pattern.layout.rows {
      pattern.forEachColumn(line: line) { columns.append(Int32($0)) }
      starts.append(columns.count)
    }
    var count = 0
    WindowLanes(starts, columns, pattern.layout, order).forEachSlot(
      { _, _ in count += 1 }, end: { count += count % 2 })
    return count
  }

  fileprivate static func nonzeros(_ constant: Constant, _ rowAxis: Int) -> SparseNonzeros {
    let layout = SparseLayout(constant.type.shape, rowAxis: rowAxis)
    let format = constant.storage.format ?? IndexRows(packing: constant, rowAxis: rowAxis)
    return SparseNonzeros(format, constant.type, layout)
  }
}

extension LoopBuilder {
  /// Makes the tables of a matrix.
  ///
  /// - Parameters:
  ///   - constant: A weight of rank 2.
  ///   - operand: The operand that it is.
  ///   - rowAxis: The axis that its rows go along.
  ///   - order: How it is taken apart.
  /// - Returns: The tables.
  package func windowTable(
    _ constant: Constant, _ operand: Int, rowAxis: Int, order: WindowTable.Order
  ) -> WindowTable {
    let nonzeros = WindowTable.nonzeros(constant, rowAxis)
    let packed = WindowSlots(nonzeros, order)
    let lanes = order.lanes
    let isEmpty = packed.starts.isEmpty
    return WindowTable(
      ends: indexTable(packed.ends, largest: max(packed.starts.count, 1) / 2, "ends", operand),
      starts: indexTable(
        isEmpty ? [0] : packed.starts, largest: nonzeros.layout.columns, "starts", operand),
      columns: indexTable(
        isEmpty ? Array(repeating: 0, count: lanes) : packed.columns, largest: order.columns - 1,
        "columns", operand),
      values: nonzeros.values(
        isEmpty ? Array(repeating: -1, count: lanes) : packed.slots, operand, self),
      rows: order.isSorted
        ? indexTable(
          packed.rows.map { Int32($0) }, largest: max(0, packed.rows.count - 1), "rows", operand)
        : nil)
  }
}

/// The slots of a table while it is made.
private struct WindowSlots {
  var ends: [Int32] = []
  var starts: [Int32] = []
  var columns: [Int32] = []
  /// The number among the elements of the storage, -1 for none.
  var slots: [Int] = []
  /// The rows in the order of lanes.
  let rows: [Int]

  init(_ nonzeros: SparseNonzeros, _ order: WindowTable.Order) {
    let layout = nonzeros.layout
    let lanes = WindowLanes(
      (0...layout.rows).map(nonzeros.start), nonzeros.columns, layout, order)
    rows = lanes.rows
    lanes.forEachSlot { first, places in
      take(nonzeros, first, places)
    } end: {
      if starts.count % 2 == 1 {
        take(nonzeros, 0, Array(repeating: -1, count: order.lanes))
      }
      ends.append(Int32(starts.count / 2))
    }
  }

  private mutating func take(_ nonzeros: SparseNonzeros, _ first: Int, _ places: [Int]) {
    starts.append(Int32(first))
    for place in places {
      columns.append(place < 0 ? 0 : nonzeros.columns[place] - Int32(first))
      slots.append(place < 0 ? -1 : nonzeros.slots[place])
    }
  }
}

/// The nonzeros of a matrix as lanes meet them.
private struct WindowLanes {
  /// The rows in the order of lanes.
  let rows: [Int]
  private let starts: [Int]
  private let columns: [Int32]
  private let order: WindowTable.Order
  /// The first column of the last window.
  private let last: Int

  init(
    _ starts: [Int], _ columns: [Int32], _ layout: SparseLayout, _ order: WindowTable.Order
  ) {
    let all = Array(0..<layout.rows)
    func isBefore(_ a: Int, _ b: Int) -> Bool {
      let (left, right) = (starts[a + 1] - starts[a], starts[b + 1] - starts[b])
      return left == right ? a < b : left > right
    }
    rows = order.isSorted ? all.sorted(by: isBefore) : all
    (self.starts, self.columns, self.order) = (starts, columns, order)
    last = layout.columns - order.columns
  }

  /// Visits the slots, each with its first column and the nonzero of each lane, or -1, and the ends of
  /// groups of rows.
  @inline(__always)
  func forEachSlot(_ body: (_ first: Int, _ places: [Int]) -> Void, end: () -> Void) {
    let lanes = order.lanes
    var places = [Int](repeating: -1, count: lanes)
    for top in stride(from: 0, to: rows.count, by: lanes) {
      let group = rows[top..<min(top + lanes, rows.count)]
      var next = group.map { starts[$0] }
      let ends = group.map { starts[$0 + 1] }
      while let furthest = furthestBehind(next, ends) {
        let first = min(furthest / lanes * lanes, last)
        for lane in next.indices {
          let place = next[lane]
          let isMet = place < ends[lane] && Int(columns[place]) < first + order.columns
          places[lane] = isMet ? place : -1
          next[lane] += isMet ? 1 : 0
        }
        for lane in next.count..<lanes { places[lane] = -1 }
        body(first, places)
      }
      end()
    }
  }

  /// The column of the next nonzero of the row that is furthest behind.
  private func furthestBehind(_ next: [Int], _ ends: [Int]) -> Int? {
    var least = Int32.max
    for lane in next.indices where next[lane] < ends[lane] {
      least = min(least, columns[next[lane]])
    }
    return least == .max ? nil : Int(least)
  }
}
