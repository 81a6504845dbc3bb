/// How kernels see a weight: rows of columns, a group of columns for each tap of a window.
///
/// Convolution weights have a group for each tap, column after column of the window, and in it a
/// column for each input channel, so that inside a group one small index names the channel. With one
/// channel, a group is a column of the window, and its rows are the columns of the group. Other
/// weights have a single group.
public struct SparseLayout: Sendable {
  /// The axis that the rows go along.
  public let rowAxis: Int
  /// Rows.
  public let rows: Int
  /// Columns of a group.
  public let columns: Int
  /// Groups that lie below each other in a window: all spatial axes but the last.
  public let windowRows: Int
  /// Groups that lie beside each other in a window: the last spatial axis.
  public let windowColumns: Int
  private let rowStride: Int
  private let columnStride: Int
  private let matrix: MatrixView
  /// Elements that lie side by side in a column: the groups of a window, or all after the row axis.
  private let inner: Int

  /// Views a shape.
  ///
  /// - Parameters:
  ///   - shape: Of rank 1 or more.
  ///   - rowAxis: The axis that the rows go along.
  public init(_ shape: [Int], rowAxis: Int) {
    self.rowAxis = rowAxis
    matrix = MatrixView(shape, rowAxis: rowAxis)
    rows = matrix.rows
    let strides = rowMajorStrides(shape)
    rowStride = strides[rowAxis]
    let isWindow = shape.count >= 3 && rowAxis < 2
    let width = isWindow ? shape[shape.count - 1] : 1
    let outer = isWindow ? shape[2..<(shape.count - 1)].reduce(1, *) : 1
    if isWindow, shape[1 - rowAxis] > 1 {
      (columns, columnStride) = (shape[1 - rowAxis], strides[1 - rowAxis])
      (windowRows, windowColumns, inner) = (outer, width, outer * width)
    } else if isWindow, outer > 1 {
      (columns, columnStride) = (outer, width)
      (windowRows, windowColumns, inner) = (1, width, width)
    } else {
      (columns, columnStride) = (matrix.columns, 0)
      (windowRows, windowColumns, inner) = (1, 1, matrix.inner)
    }
  }

  /// The number of groups in a row.
  public var groups: Int { windowRows * windowColumns }

  /// The bytes of the narrowest index that names every column of a group.
  public var indexBytes: Int { CoppiceIR.indexBytes(columns - 1) }

  /// The row-major index in the tensor of an element.
  ///
  /// - Parameters:
  ///   - row: The row.
  ///   - group: Counted down the first column of the window, then down the next.
  ///   - column: The column in the group.
  /// - Returns: Counted in elements.
  public func index(_ row: Int, _ group: Int, _ column: Int) -> Int {
    if columnStride == 0 { return matrix.index(row, column) }
    let tap = group % windowRows * windowColumns + group / windowRows
    return row * rowStride + column * columnStride + tap
  }

  /// The row and group of an element as one number, and its column in the group.
  ///
  /// - Parameter index: The row-major index in the tensor.
  /// - Returns: Where kernels find it.
  @inline(__always)
  func place(_ index: Int) -> (line: Int, column: Int) {
    let (outside, inside) = index.quotientAndRemainder(dividingBy: inner)
    if columnStride == 0 {
      let (left, row) = outside.quotientAndRemainder(dividingBy: rows)
      return (row, left * inner + inside)
    }
    let row = index / rowStride % rows
    let (down, across) = inside.quotientAndRemainder(dividingBy: windowColumns)
    return (row * groups + across * windowRows + down, index / columnStride % columns)
  }

  /// Where kernels find elements, made ready for many of them.
  ///
  /// - Complexity: O(*n*), of the elements of a row.
  var places: SparsePlaces { SparsePlaces(self, rowLength: rowAxis == 0 ? rowStride : 0) }

  /// Visits every element in the order of memory.
  @inline(__always)
  func forEachElement(_ body: (_ index: Int, _ line: Int, _ column: Int) -> Void) {
    if columnStride == 0 { return matrix.forEachElement(body) }
    let groups = (0..<inner).map { $0 % windowColumns * windowRows + $0 / windowColumns }
    var index = 0
    while index < rows * columns * inner {
      let (row, column) = (index / rowStride % rows, index / columnStride % columns)
      for group in groups {
        body(index, row * inner + group, column)
        index += 1
      }
    }
  }
}

/// Finds elements as ``SparseLayout`` does, without dividing for each axis where rows lie one after the
/// other.
struct SparsePlaces {
  private let layout: SparseLayout
  private let rowLength: Int
  /// For each element of a row its group and column.
  private let cells: [(group: Int32, column: Int32)]

  fileprivate init(_ layout: SparseLayout, rowLength: Int) {
    (self.layout, self.rowLength) = (layout, rowLength)
    cells = (0..<rowLength).map {
      let (line, column) = layout.place($0)
      return (Int32(line), Int32(column))
    }
  }

  /// The row and group of an element as one number, and its column in the group.
  @inline(__always)
  func callAsFunction(_ index: Int) -> (line: Int, column: Int) {
    if rowLength == 0 { return layout.place(index) }
    let (row, inside) = index.quotientAndRemainder(dividingBy: rowLength)
    let cell = cells[inside]
    return (row * layout.groups + Int(cell.group), Int(cell.column))
  }
}

extension Constant {
  /// The name of the storage in manifests, with what else decides the size of the tables.
  public var storageName: String {
    storage.format?.manifestName(type) ?? storage.name
  }
}
