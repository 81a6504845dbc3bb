/// A matrix without its zeros for kernels that compute as many rows as a vector has lanes, each lane a
/// row: a slot holds for each lane its next nonzero among the columns of a window of two vectors, and
/// where the window begins.
///
/// The window begins at the vector that holds the next nonzero of the row that is furthest behind. Rows
/// that have none there get a zero. What is met early in one row makes room for what is met late in
/// another. There are an even number of slots for each group of rows.
package struct WindowTable {
  /// Where the slots of each group of rows end, in pairs.
  package let ends: Buffer
  /// For each slot the first column of its window.
  package let starts: Buffer
  /// For each slot and lane the column, counted from the window's first.
  package let columns: Buffer
  package let values: Buffer

  /// The bytes of the tables.
  ///
  /// - Parameters:
  ///   - rows: Rows.
  ///   - depth: Columns.
  ///   - lanes: Of a vector.
  ///   - slots: In all.
  ///   - elementBytes: Bytes of a value.
  /// - Returns: Those of all four.
  package static func bytes(
    rows: Int, depth: Int, lanes: Int, slots: Int, elementBytes: Int
  ) -> Int {
    let groups = (rows + lanes - 1) / lanes
    let slots = max(slots, 1)
    return groups * indexBytes(slots / 2) + slots * indexBytes(depth)
      + slots * lanes * (1 + elementBytes)
  }

  /// The slots of a matrix.
  ///
  /// - Parameters:
  ///   - constant: A weight of rank 2.
  ///   - rowAxis: The axis that its rows go along.
  ///   - lanes: Of a vector; there are at least twice as many columns.
  /// - Returns: Their number.
  /// - Complexity: O(*n*).
  package static func slots(_ constant: Constant, rowAxis: Int, lanes: Int) -> Int {
    WindowSlots(nonzeros(constant, rowAxis), lanes).starts.count
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
  ///   - lanes: Of a vector.
  /// - Returns: The tables.
  package func windowTable(
    _ constant: Constant, _ operand: Int, rowAxis: Int, lanes: Int
  ) -> WindowTable {
    let nonzeros = WindowTable.nonzeros(constant, rowAxis)
    let packed = WindowSlots(nonzeros, lanes)
    let isEmpty = packed.starts.isEmpty
    return WindowTable(
      ends: indexTable(packed.ends, largest: max(packed.starts.count, 1) / 2, "ends", operand),
      starts: indexTable(
        isEmpty ? [0] : packed.starts, largest: nonzeros.layout.columns, "starts", operand),
      columns: indexTable(
        isEmpty ? Array(repeating: 0, count: lanes) : packed.columns, largest: 2 * lanes - 1,
        "columns", operand),
      values: nonzeros.values(
        isEmpty ? Array(repeating: -1, count: lanes) : packed.slots, operand, self))
  }
}

/// The slots of a table while it is made.
private struct WindowSlots {
  var ends: [Int32] = []
  var starts: [Int32] = []
  var columns: [Int32] = []
  /// The number among the elements of the storage, -1 for none.
  var slots: [Int] = []

  init(_ nonzeros: SparseNonzeros, _ lanes: Int) {
    let layout = nonzeros.layout
    let last = layout.columns - 2 * lanes
    for top in stride(from: 0, to: layout.rows, by: lanes) {
      var rest = (top..<min(top + lanes, layout.rows)).map { nonzeros.range($0) }
      while let next = rest.compactMap({ $0.first.map { nonzeros.columns[$0] } }).min() {
        take(nonzeros, &rest, min(Int(next) / lanes * lanes, last), lanes)
      }
      if starts.count % 2 == 1 { take(nonzeros, &rest, 0, lanes) }
      ends.append(Int32(starts.count / 2))
    }
  }

  private mutating func take(
    _ nonzeros: SparseNonzeros, _ rest: inout [Range<Int>], _ first: Int, _ lanes: Int
  ) {
    starts.append(Int32(first))
    for lane in 0..<lanes {
      guard lane < rest.count, let next = rest[lane].first,
        Int(nonzeros.columns[next]) < first + 2 * lanes
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
