/// The nonzero blocks of a matrix of `height` rows x `width` columns each.
///
/// Kernels have a start for each row of blocks and group, a column index for each run of `height`
/// rows that holds a nonzero, and the values of the run.
public struct Blocks: SparseFormat {
  /// What options, reports and the text form call it.
  public static let formatName = "blocks"
  /// Four rows share an index.
  public static let canonicalHeight = 4
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

  /// Takes the blocks of four rows and one column with an element whose bits are not all zero.
  public init(packing constant: Constant, rowAxis: Int) {
    self.init(packing: constant, rowAxis: rowAxis, height: Self.canonicalHeight, width: 1)
  }

  /// Takes the blocks with an element whose bits are not all zero.
  ///
  /// - Parameters:
  ///   - constant: A dense constant of rank 1 or more.
  ///   - rowAxis: The axis that the rows go along.
  ///   - height: Rows in a block.
  ///   - width: Columns in a block.
  /// - Complexity: O(*n*).
  public init(packing constant: Constant, rowAxis: Int, height: Int, width: Int) {
    let view = MatrixView(constant.type.shape, rowAxis: rowAxis)
    let bits = ElementBits(constant.type.element)
    let lines = (view.rows + height - 1) / height
    let across = (view.columns + width - 1) / width
    var (starts, indices) = ([Int32(0)], [Int32]())
    values = constant.dense.withUnsafeBytes { raw in
      // The number of each block that is there; -1 for the others.
      var numbers = [Int32](repeating: -1, count: lines * across)
      view.forEachElement { index, row, column in
        if !bits.isEmpty(raw, index) { numbers[row / height * across + column / width] = 0 }
      }
      for line in 0..<lines {
        for left in 0..<across where numbers[line * across + left] == 0 {
          numbers[line * across + left] = Int32(indices.count)
          indices.append(Int32(left))
        }
        starts.append(Int32(indices.count))
      }
      let count = indices.count * height * width
      return Bytes(count: constant.type.element.byteCount(count)) { out in
        view.forEachElement { index, row, column in
          if bits.isEmpty(raw, index) { return }
          let block = Int(numbers[row / height * across + column / width])
          let cell = row % height * width + column % width
          bits.copy(raw, index, to: out, block * height * width + cell)
        }
      }
    }
    (self.rowAxis, self.height, self.width, columns) = (rowAxis, height, width, view.columns)
    (self.starts, self.indices) = (starts, indices)
  }

  /// Takes `axis`, `height`, `width`, `columns`, `starts` and `indices`.
  public init(_ fields: StorageFields, values: Bytes) {
    self.init(
      rowAxis: fields.integer("axis"), height: fields.integer("height", default: 1),
      width: fields.integer("width", default: 1), columns: fields.integer("columns"),
      starts: fields.integers("starts"), indices: fields.integers("indices"), values: values)
  }

  /// What stands in braces in the text form.
  public var fields: KeyValuePairs<String, StorageField> {
    [
      "axis": .integer(rowAxis), "height": .integer(height), "width": .integer(width),
      "columns": .integer(columns), "starts": .integers(starts), "indices": .integers(indices),
    ]
  }

  /// As many as the blocks have cells.
  public var valueCount: Int { indices.count * height * width }

  /// The name with the size of the blocks.
  public var name: String { "\(Self.formatName)-\(height)x\(width)" }

  /// Whether the blocks are four rows high along the axis, and one column wide.
  public func isCanonical(rowAxis: Int) -> Bool {
    self.rowAxis == rowAxis && height == Self.canonicalHeight && width == 1
  }

  /// Axis, sizes, starts and indices must fit the tensor.
  public func fault(_ type: TensorType) -> String? {
    let sides = 1...(1 << 16)
    guard type.shape.indices.contains(rowAxis), sides.contains(height), sides.contains(width) else {
      return "has no axis \(rowAxis), or blocks that cannot be"
    }
    let view = MatrixView(type.shape, rowAxis: rowAxis)
    guard columns == view.columns, starts.count == (view.rows + height - 1) / height + 1 else {
      return "has rows of the wrong number or length"
    }
    return rowFault(starts, indices, limit: (view.columns + width - 1) / width)
      ?? valueFault(values, valueCount, type.element)
  }

  /// Visits the elements of the blocks that lie in the tensor, block by block.
  public func forEachValue(_ shape: [Int], _ body: (_ index: Int, _ slot: Int) -> Void) {
    let view = MatrixView(shape, rowAxis: rowAxis)
    for line in 0..<(starts.count - 1) {
      for block in Int(starts[line])..<Int(starts[line + 1]) {
        for cell in 0..<(height * width) {
          let row = line * height + cell / width
          let column = Int(indices[block]) * width + cell % width
          guard row < view.rows, column < view.columns else { continue }
          body(view.index(row, column), block * height * width + cell)
        }
      }
    }
  }

  /// One for each column of four rows that holds a nonzero.
  public static func slots(_ pattern: NonzeroPattern) -> Int {
    pattern.runs(height: canonicalHeight)
  }

  /// A start for each row of blocks and group, an index for each block, and its values.
  public static func tableBytes(_ shape: WeightShape) -> Int {
    let rows = (shape.rows + canonicalHeight - 1) / canonicalHeight
    return IndexedReader.tableBytes(
      shape, rows: rows, slots: shape.slots(StorageKind(Self.self)), height: canonicalHeight)
  }

  /// Makes the tables that kernels read.
  public func table(
    _ nonzeros: SparseNonzeros, _ operand: Int, _ builder: LoopBuilder
  ) -> SparseTable {
    IndexedReader.table(nonzeros, operand, builder, height: max(height, 1))
  }
}

extension StorageKind {
  /// A column index for four rows.
  public static let blocks = StorageKind(Blocks.self)
}

extension Constant {
  /// The constant as its nonzero blocks.
  ///
  /// - Parameters:
  ///   - rowAxis: The axis that the rows go along.
  ///   - height: Rows in a block.
  ///   - width: Columns in a block.
  /// - Returns: The same tensor.
  /// - Complexity: O(*n*).
  public func asBlocks(rowAxis: Int, height: Int, width: Int) -> Constant {
    if type.element.bits == 0 { return self }
    let dense = Constant(type, .dense(dense))
    let blocks = Blocks(packing: dense, rowAxis: rowAxis, height: height, width: width)
    return Constant(type, .sparse(blocks))
  }
}
