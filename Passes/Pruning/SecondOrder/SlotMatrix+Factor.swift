extension SlotMatrix {
  /// Turns a symmetric matrix H, of which what is not right of the diagonal counts, into the inverse
  /// of its Cholesky factor: M with M^T M = H^-1, lower triangular.
  ///
  /// As slots are in reverse, M is the upper factor of H^-1 in the order of the columns.
  ///
  /// - Returns: Whether H is positive definite.
  /// - Complexity: O(*n*³).
  func invertFactor() -> Bool {
    for index in count..<stride { self[index, index] = 1 }
    guard factorize() else { return false }
    for index in 0..<stride {
      (row(index) + index + 1).update(repeating: 0, count: stride - index - 1)
    }
    invertTriangle()
    return true
  }

  /// Turns the matrix into L with L L^T = H.
  private func factorize() -> Bool {
    let width = 64
    let pack = Scratch(stride / 4 * width, repeating: Lanes())
    for start in Swift.stride(from: 0, to: stride, by: width) {
      let end = min(start + width, stride)
      guard factorizeDiagonal(start..<end) else { return false }
      solveBelow(start..<end)
      packRows(end..<stride, start..<end, into: pack.elements)
      subtractBelow(end, depth: end - start, pack)
    }
    return true
  }

  private func factorizeDiagonal(_ range: Range<Int>) -> Bool {
    for column in range {
      let own = row(column)
      var pivot = own[column]
      for index in range.lowerBound..<column { pivot -= own[index] * own[index] }
      guard pivot > 0, pivot.isFinite else { return false }
      let root = pivot.squareRoot()
      own[column] = root
      for below in (column + 1)..<max(range.upperBound, column + 1) {
        solve(row(below), column, range.lowerBound)
      }
    }
    return true
  }

  @inline(__always)
  private func solve(_ line: UnsafeMutablePointer<Double>, _ column: Int, _ first: Int) {
    let other = row(column)
    var value = line[column]
    for index in first..<column { value -= line[index] * other[index] }
    line[column] = value / other[column]
  }

  private func solveBelow(_ range: Range<Int>) {
    let rows = stride - range.upperBound
    inParallel((rows + 63) / 64, work: rows * range.count * range.count / 2) { piece in
      let first = range.upperBound + piece * 64
      for index in first..<min(first + 64, stride) {
        for column in range { solve(row(index), column, range.lowerBound) }
      }
    }
  }

  /// Puts four rows side by side, column after column.
  private func packRows(
    _ rows: Range<Int>, _ columns: Range<Int>, into pack: UnsafeMutablePointer<Lanes>
  ) {
    var target = pack
    for first in Swift.stride(from: rows.lowerBound, to: rows.upperBound, by: 4) {
      let (a, b, c, d) = (row(first), row(first + 1), row(first + 2), row(first + 3))
      for column in columns {
        target.pointee = Lanes(a[column], b[column], c[column], d[column])
        target += 1
      }
    }
  }

  private func subtractBelow(_ first: Int, depth: Int, _ pack: Scratch<Lanes>) {
    let blocks = (stride - first) / 4
    inParallel(blocks, work: blocks * blocks * 8 * depth) { index in
      let block = blocks - 1 - index
      for column in 0...block {
        accumulateTile(
          row(first + block * 4) + first + column * 4, stride: stride,
          rows: pack.elements + block * depth, columns: pack.elements + column * depth,
          count: depth, sign: -1)
      }
    }
  }

  /// Turns a lower triangular matrix into its inverse, some rows at a time.
  private func invertTriangle() {
    let height = 128
    let pack = Scratch(height / 4 * stride, repeating: Lanes())
    for start in Swift.stride(from: 0, to: stride, by: height) {
      let end = min(start + height, stride)
      packRows(start..<end, 0..<end, into: pack.elements)
      let tiles = (end + 63) / 64
      inParallel(tiles, work: (end - start) * end * end / 2) { tile in
        let columns = (tile * 64)..<min(tile * 64 + 64, end)
        invertTile(start..<end, columns, pack)
      }
    }
  }

  /// Rows of the inverse in some columns: (1 - L M) / diagonal, where M are the rows above.
  private func invertTile(_ rows: Range<Int>, _ columns: Range<Int>, _ pack: Scratch<Lanes>) {
    for index in rows {
      (row(index) + columns.lowerBound).update(repeating: 0, count: columns.count)
      if columns.contains(index) { self[index, index] = 1 }
    }
    for chunk in Swift.stride(from: columns.lowerBound, to: rows.lowerBound, by: 64) {
      let depth = min(64, rows.lowerBound - chunk)
      for block in 0..<rows.count / 4 {
        let packed = pack.elements + block * rows.upperBound + chunk
        for column in Swift.stride(from: columns.lowerBound, to: columns.upperBound, by: 4) {
          accumulateProduct(
            row(rows.lowerBound + block * 4) + column, stride: stride, rows: packed,
            matrix: row(chunk) + column, matrixStride: stride, count: depth, sign: -1)
        }
      }
    }
    for index in rows {
      let offset = index - rows.lowerBound
      let packed = pack.elements + offset / 4 * rows.upperBound
      let target = row(index)
      for above in rows.lowerBound..<index {
        let (factor, source) = (packed[above][offset % 4], row(above))
        for column in columns { target[column] -= factor * source[column] }
      }
      let diagonal = packed[index][offset % 4]
      for column in columns { target[column] /= diagonal }
    }
  }
}
