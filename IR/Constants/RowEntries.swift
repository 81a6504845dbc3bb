/// What is kept of each row of a matrix: places and elements.
struct RowEntries {
  /// The number of columns.
  let columns: Int
  /// Where each row starts in `indices`; one more entry than rows.
  let starts: [Int32]
  /// The columns that are kept, ascending inside a row.
  let indices: [Int32]
  /// The elements, packed.
  let values: Bytes

  /// Takes the elements whose bits are not all zero.
  ///
  /// - Parameters:
  ///   - constant: A dense constant of rank 1 or more.
  ///   - rowAxis: The axis that the rows go along.
  ///   - equal: Whether rows get as many elements each, the first zeros of shorter ones among them.
  init(_ constant: Constant, rowAxis: Int, equal: Bool) {
    let view = MatrixView(constant.type.shape, rowAxis: rowAxis)
    let bits = ElementBits(constant.type.element)
    var starts = [Int32](repeating: 0, count: view.rows + 1)
    var indices: [Int32] = []
    values = constant.dense.withUnsafeBytes { raw in
      view.forEachElement { index, row, _ in
        if !bits.isEmpty(raw, index) { starts[row + 1] += 1 }
      }
      let longest = starts.max() ?? 0
      var zeros = starts.dropFirst().map { equal ? longest - $0 : 0 }
      for row in 0..<view.rows { starts[row + 1] += starts[row] + zeros[row] }
      indices = [Int32](repeating: 0, count: Int(starts[view.rows]))
      var next = starts
      return Bytes(count: constant.type.element.byteCount(indices.count)) { out in
        view.forEachElement { index, row, column in
          if bits.isEmpty(raw, index) {
            if !equal || zeros[row] == 0 { return }
            zeros[row] -= 1
          }
          indices[Int(next[row])] = Int32(column)
          bits.copy(raw, index, to: out, Int(next[row]))
          next[row] += 1
        }
      }
    }
    (columns, self.starts, self.indices) = (view.columns, starts, indices)
  }
}

extension SparseFormat {
  /// The name with the width of the column indices that kernels read.
  func indexedName(_ layout: SparseLayout) -> String { "\(name)-u\(8 * layout.indexBytes)" }
}
