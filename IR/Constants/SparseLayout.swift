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
    let inner = isWindow ? shape[shape.count - 1] : 1
    let outer = isWindow ? shape[2..<(shape.count - 1)].reduce(1, *) : 1
    if isWindow, shape[1 - rowAxis] > 1 {
      (columns, columnStride) = (shape[1 - rowAxis], strides[1 - rowAxis])
      (windowRows, windowColumns) = (outer, inner)
    } else if isWindow, outer > 1 {
      (columns, columnStride) = (outer, inner)
      (windowRows, windowColumns) = (1, inner)
    } else {
      (columns, columnStride) = (matrix.columns, 0)
      (windowRows, windowColumns) = (1, 1)
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

  /// Which elements of a constant are there, by row, group and column.
  ///
  /// - Parameter constant: Of the shape.
  /// - Returns: One flag for each element in the order of the layout.
  /// - Complexity: O(*n*).
  public func presence(_ constant: Constant) -> [Bool] {
    let size = max(constant.type.element.bits / 8, 1)
    var result: [Bool] = []
    result.reserveCapacity(rows * groups * columns)
    constant.dense.withUnsafeBytes { raw in
      for row in 0..<rows {
        for group in 0..<groups {
          for column in 0..<columns {
            let start = index(row, group, column) * size
            result.append(raw[start..<(start + size)].contains { $0 != 0 })
          }
        }
      }
    }
    return result
  }

  /// How many elements of a constant are there, and how many blocks of neighbouring rows hold one.
  ///
  /// - Parameters:
  ///   - constant: Of the shape.
  ///   - height: Rows in a block.
  /// - Returns: Both numbers.
  /// - Complexity: O(*n*).
  public func counts(_ constant: Constant, height: Int) -> (nonzeros: Int, blocks: Int) {
    let present = presence(constant)
    let width = groups * columns
    var (nonzeros, blocks) = (0, 0)
    for top in stride(from: 0, to: rows, by: height) {
      for column in 0..<width {
        var count = 0
        for row in top..<min(top + height, rows) where present[row * width + column] { count += 1 }
        nonzeros += count
        blocks += count > 0 ? 1 : 0
      }
    }
    return (nonzeros, blocks)
  }
}

extension Constant {
  /// The name of the storage in manifests, with the width of the indices that kernels read.
  public var storageName: String {
    guard case .indexRows(let rows) = storage else { return storage.name }
    let layout = SparseLayout(type.shape, rowAxis: rows.rowAxis)
    return "\(storage.name)-u\(8 * layout.indexBytes)"
  }
}
