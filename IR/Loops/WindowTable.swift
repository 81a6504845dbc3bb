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
  ///   - constant: A weight of rank 2.
  ///   - rowAxis: The axis that its rows go along.
  ///   - order: How it is taken apart; there are at least as many columns as in a window.
  /// - Returns: Their number.
  /// - Complexity: O(*n*).
  package static func slots(_ constant: Constant, rowAxis: Int, order: Order) -> Int {
    WindowSlots(nonzeros(constant, rowAxis), order).starts.count
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
    let lanes = order.lanes
    let last = layout.columns - order.columns
    func isBefore(_ a: Int, _ b: Int) -> Bool {
      let (left, right) = (nonzeros.range(a).count, nonzeros.range(b).count)
      return left == right ? a < b : left > right
    }
    let all = Array(0..<layout.rows)
    rows = order.isSorted ? all.sorted(by: isBefore) : all
    for top in stride(from: 0, to: rows.count, by: lanes) {
      var rest = rows[top..<min(top + lanes, rows.count)].map { nonzeros.range($0) }
      while let next = rest.compactMap({ $0.first.map { nonzeros.columns[$0] } }).min() {
        take(nonzeros, &rest, min(Int(next) / lanes * lanes, last), order)
      }
      if starts.count % 2 == 1 { take(nonzeros, &rest, 0, order) }
      ends.append(Int32(starts.count / 2))
    }
  }

  private mutating func take(
    _ nonzeros: SparseNonzeros, _ rest: inout [Range<Int>], _ first: Int,
    _ order: WindowTable.Order
  ) {
    starts.append(Int32(first))
    for lane in 0..<order.lanes {
      guard lane < rest.count, let next = rest[lane].first,
        Int(nonzeros.columns[next]) < first + order.columns
      else {
        columns.append(0)
        slots.append(-1)
        continue
      }
      columns.append(nonzeros.columns[next] - Int32(first))
      slots.append(nonzeros.slots[next])
      rest[lane] = rest[lane].dropFirst()
    }
  }
}
