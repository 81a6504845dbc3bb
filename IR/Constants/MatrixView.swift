/// A tensor seen as a matrix.
///
/// Row `r`, column `c` of the matrix is the element whose index along `rowAxis` is `r` and whose
/// other indices, row-major, make `c`.
public struct MatrixView: Sendable {
  /// The axis that the rows go along.
  public let rowAxis: Int
  /// Rows.
  public let rows: Int
  /// Columns.
  public let columns: Int
  let inner: Int

  /// Views a shape.
  ///
  /// - Parameters:
  ///   - shape: Of rank 1 or more.
  ///   - rowAxis: The axis that the rows go along.
  public init(_ shape: [Int], rowAxis: Int) {
    self.rowAxis = rowAxis
    rows = shape[rowAxis]
    inner = shape[(rowAxis + 1)...].reduce(1, *)
    columns = shape[..<rowAxis].reduce(1, *) * inner
  }

  /// The row-major index in the tensor of an element of the matrix.
  ///
  /// - Parameters:
  ///   - row: The row.
  ///   - column: The column.
  /// - Returns: Counted in elements.
  public func index(_ row: Int, _ column: Int) -> Int {
    if inner == columns { return row * columns + column }
    return (column / inner * rows + row) * inner + column % inner
  }

  /// Visits every element in the order of memory, so that the columns of a row ascend.
  @inline(__always)
  func forEachElement(_ body: (_ index: Int, _ row: Int, _ column: Int) -> Void) {
    var index = 0
    for left in stride(from: 0, to: columns, by: max(inner, 1)) {
      for row in 0..<rows {
        for column in left..<(left + inner) {
          body(index, row, column)
          index += 1
        }
      }
    }
  }
}
