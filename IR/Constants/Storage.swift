/// How the elements of a constant are held.
///
/// Every form has an exact round trip to dense.
///
/// Sparse forms see a tensor as a matrix: rows are the index along axis 0 (for a matrix that is
/// read transposed, along the axis in `rowAxis`), columns all the other axes in row-major order.
public enum Storage: Hashable, Sendable {
  /// Row-major, packed, little endian.
  case dense(Bytes)
  /// All elements equal; the bytes of one.
  case uniform(Bytes)
  /// The nonzeros of each row with their columns.
  case indexRows(IndexRows)
  /// One bit for each element, and the nonzeros.
  case bitmap(Bitmap)
  /// The nonzero blocks of each block row with their block columns.
  case blocks(Blocks)

  /// The name in the text form.
  public var name: String {
    switch self {
    case .dense: "dense"
    case .uniform: "uniform"
    case .indexRows: "index-rows"
    case .bitmap: "bitmap"
    case .blocks(let blocks): "blocks-\(blocks.height)x\(blocks.width)"
    }
  }

  /// Whether one number stands for all elements.
  public var isUniform: Bool {
    if case .uniform = self { true } else { false }
  }

  /// Whether zeros are left out.
  public var isSparse: Bool {
    switch self {
    case .dense, .uniform: false
    default: true
    }
  }
}

/// The nonzeros of each row of a matrix, with their column indices (CSR).
public struct IndexRows: Hashable, Sendable {
  /// The axis of the tensor that the rows go along.
  public var rowAxis: Int
  /// The number of columns.
  public var columns: Int
  /// Where each row starts in `indices`; one more entry than rows.
  public var starts: [Int32]
  /// The column of each nonzero, ascending inside a row.
  public var indices: [Int32]
  /// The nonzeros, packed.
  public var values: Bytes

  /// Makes rows.
  ///
  /// - Parameters:
  ///   - rowAxis: The axis of the tensor that the rows go along.
  ///   - columns: The number of columns.
  ///   - starts: Where each row starts.
  ///   - indices: The column of each nonzero.
  ///   - values: The nonzeros.
  public init(rowAxis: Int, columns: Int, starts: [Int32], indices: [Int32], values: Bytes) {
    self.rowAxis = rowAxis
    self.columns = columns
    self.starts = starts
    self.indices = indices
    self.values = values
  }
}

/// One bit for each element in row-major order, low bit first, and the nonzeros in that order.
public struct Bitmap: Hashable, Sendable {
  /// One bit for each element.
  public var mask: [UInt8]
  /// The nonzeros, packed.
  public var values: Bytes

  /// Makes a bitmap.
  ///
  /// - Parameters:
  ///   - mask: One bit for each element.
  ///   - values: The nonzeros.
  public init(mask: [UInt8], values: Bytes) {
    self.mask = mask
    self.values = values
  }
}

/// The nonzero blocks of a matrix of `height` rows x `width` columns each.
public struct Blocks: Hashable, Sendable {
  /// The axis of the tensor that the rows go along.
  public var rowAxis: Int
  /// Rows in a block.
  public var height: Int
  /// Columns in a block.
  public var width: Int
  /// Columns of the matrix.
  public var columns: Int
  /// Where each block row starts in `indices`; one more entry than block rows.
  public var starts: [Int32]
  /// The block column of each block.
  public var indices: [Int32]
  /// The elements of each block, row-major inside; elements past the edge are zero.
  public var values: Bytes

  /// Makes blocks.
  ///
  /// - Parameters:
  ///   - rowAxis: The axis of the tensor that the rows go along.
  ///   - height: Rows in a block.
  ///   - width: Columns in a block.
  ///   - columns: Columns of the matrix.
  ///   - starts: Where each block row starts.
  ///   - indices: The block column of each block.
  ///   - values: The elements of each block.
  public init(
    rowAxis: Int, height: Int, width: Int, columns: Int, starts: [Int32], indices: [Int32],
    values: Bytes
  ) {
    self.rowAxis = rowAxis
    self.height = height
    self.width = width
    self.columns = columns
    self.starts = starts
    self.indices = indices
    self.values = values
  }
}
