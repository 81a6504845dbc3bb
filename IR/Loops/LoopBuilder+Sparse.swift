extension LoopBuilder {
  /// The tables of a constant in sparse storage; index rows for any other.
  ///
  /// - Parameters:
  ///   - constant: The weight.
  ///   - operand: The operand that it is.
  ///   - rowAxis: The axis that the rows go along.
  ///   - shape: Another shape of the same elements to take the rows from.
  /// - Returns: The tables.
  package func sparseTable(
    _ constant: Constant, _ operand: Int, rowAxis: Int, as shape: [Int]? = nil
  ) -> SparseTable {
    let layout = SparseLayout(shape ?? constant.type.shape, rowAxis: rowAxis)
    let format =
      constant.storage.format
      ?? IndexRows(packing: Constant(constant.type, .dense(constant.dense)), rowAxis: rowAxis)
    return format.table(SparseNonzeros(format, constant.type, layout), operand, self)
  }

  /// A table of indices in the narrowest unsigned type that holds the largest there may be.
  func indexTable(
    _ values: [Int32], largest: Int, _ name: String, _ operand: Int?
  ) -> Buffer {
    switch indexBytes(largest) {
    case 1:
      let bytes = Bytes(values.map { UInt8(truncatingIfNeeded: $0) })
      return addConstant(bytes, .uint8, values.count, name, operand)
    case 2:
      let bytes = Bytes(values.map { UInt16(truncatingIfNeeded: $0) })
      return addConstant(bytes, .uint16, values.count, name, operand)
    default:
      let bytes = Bytes(values.map { UInt32(truncatingIfNeeded: $0) })
      return addConstant(bytes, .uint32, values.count, name, operand)
    }
  }

  /// Visits all nonzeros of a row of a table.
  ///
  /// - Parameters:
  ///   - table: The table.
  ///   - row: The row.
  ///   - body: Gets the row-major index over the other axes and the weight.
  /// - Throws: What `body` throws.
  package func forEachNonzero<E: Error>(
    of table: SparseTable, row: Expr, _ body: (_ column: Expr, _ value: Expr) throws(E) -> Void
  ) throws(E) {
    let (height, layout) = (table.height, table.layout)
    let (block, lane) =
      height == 1
      ? (row, Expr.integer(0))
      : (define("b", row / .integer(height)), define("l", combine(.rem, row, .integer(height))))
    let cursor = table.cursor(block, self)
    let rows = layout.windowRows
    try loop("kx", layout.windowColumns) { (kx) throws(E) in
      try table.visit(
        cursor, first: kx * rows, count: rows, from: .integer(0), to: .integer(rows), self,
        enter: { $0 * layout.windowColumns + kx }
      ) { (tap, column, slot) throws(E) in
        try body(column * layout.groups + tap, table.value(slot, lane))
      }
    }
  }
}

/// The bytes of the narrowest unsigned type that holds a number.
func indexBytes(_ largest: Int) -> Int { largest < 256 ? 1 : largest < 65536 ? 2 : 4 }
