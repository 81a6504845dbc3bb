extension LoopBuilder {
  /// An element of a view, or as many as there are lanes along the axis of lanes.
  package func elements(_ view: TensorView, _ index: [Expr], _ lanes: Int) -> Expr {
    guard lanes > 1 else { return view[index] }
    if view.strides[laneAxis] == 0 || view.shape[laneAxis] == 1 {
      return .splat(view[index], lanes: lanes)
    }
    return .load(view.buffer, view.at(index), lanes: lanes)
  }

  /// Visits the nonzeros of a row of a weight, whatever its storage; all elements when dense.
  ///
  /// A weight in sparse storage is packed on the way into the tables that its storage stands for;
  /// nothing of it is spread out at run time.
  ///
  /// - Parameters:
  ///   - operand: The operand that holds the weight.
  ///   - rowAxis: The axis that the rows go along.
  ///   - row: The row.
  ///   - body: Gets the row-major index over the other axes and the weight.
  /// - Throws: `missing-operand`, and what `body` throws.
  public func forEachNonzero(
    of operand: Int, rowAxis: Int, row: Expr,
    _ body: (_ column: Expr, _ value: Expr) throws(DiagnosticMessage) -> Void
  ) throws(DiagnosticMessage) {
    let view = try self.operand(operand)
    guard let constant = constants[operand], constant.storage.isSparse else {
      let matrix = MatrixView(view.shape, rowAxis: rowAxis)
      let others = view.shape.indices.filter { $0 != rowAxis }
      return try loop("k", matrix.columns) { (column) throws(DiagnosticMessage) in
        var index = [Expr](repeating: row, count: view.rank)
        for (axis, part) in zip(others, unravel(column, others.map { view.shape[$0] })) {
          index[axis] = part
        }
        try body(column, view[index])
      }
    }
    let table = sparseTable(constant, operand, rowAxis: rowAxis)
    try forEachNonzero(of: table, row: row, body)
  }

  /// A table of indices in the narrowest unsigned type.
  ///
  /// - Parameters:
  ///   - values: Not negative.
  ///   - name: What it is for.
  ///   - operand: The operand that it was packed from.
  /// - Returns: The table's buffer.
  public func indexTable(_ values: [Int32], _ name: String, _ operand: Int?) -> Buffer {
    indexTable(values, largest: Int(values.max() ?? 0), name, operand)
  }

  /// The index along each axis of a row-major offset.
  ///
  /// - Parameters:
  ///   - offset: Within the shape's count.
  ///   - shape: The extents.
  /// - Returns: One expression for each axis.
  public func unravel(_ offset: Expr, _ shape: [Int]) -> [Expr] {
    var result = [Expr](repeating: .integer(0), count: shape.count)
    var rest = offset
    let outer = shape.indices.first { shape[$0] != 1 }
    for axis in shape.indices.reversed() where shape[axis] != 1 {
      if axis == outer {
        result[axis] = rest
      } else {
        result[axis] = combine(.rem, rest, .integer(shape[axis]))
        rest = combine(.div, rest, .integer(shape[axis]))
      }
    }
    return result
  }
}
