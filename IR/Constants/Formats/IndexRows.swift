/// The nonzeros of each row of a matrix, with their column indices (CSR).
///
/// Kernels have a start for each row and group, a column index for each nonzero, and its value.
public struct IndexRows: SparseFormat {
  /// What options, reports and the text form call it.
  public static let formatName = "index-rows"
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

  /// Takes the elements whose bits are not all zero.
  public init(packing constant: Constant, rowAxis: Int) {
    let entries = RowEntries(constant, rowAxis: rowAxis, equal: false)
    self.init(
      rowAxis: rowAxis, columns: entries.columns, starts: entries.starts,
      indices: entries.indices, values: entries.values)
  }

  /// Takes `axis`, `columns`, `starts` and `indices`.
  public init(_ fields: StorageFields, values: Bytes) {
    self.init(
      rowAxis: fields.integer("axis"), columns: fields.integer("columns"),
      starts: fields.integers("starts"), indices: fields.integers("indices"), values: values)
  }

  /// What stands in braces in the text form.
  public var fields: KeyValuePairs<String, StorageField> {
    [
      "axis": .integer(rowAxis), "columns": .integer(columns), "starts": .integers(starts),
      "indices": .integers(indices),
    ]
  }

  /// One for each index.
  public var valueCount: Int { indices.count }

  /// Whether the rows go along the axis.
  public func isCanonical(rowAxis: Int) -> Bool { self.rowAxis == rowAxis }

  /// Axis, sizes, starts and indices must fit the tensor.
  public func fault(_ type: TensorType) -> String? {
    guard type.shape.indices.contains(rowAxis) else { return "has no axis \(rowAxis)" }
    let view = MatrixView(type.shape, rowAxis: rowAxis)
    guard columns == view.columns, starts.count == view.rows + 1 else {
      return "has rows of the wrong number or length"
    }
    return rowFault(starts, indices, limit: view.columns)
      ?? valueFault(values, indices.count, type.element)
  }

  /// The name with the width of the indices that kernels read.
  public func manifestName(_ type: TensorType) -> String {
    indexedName(SparseLayout(type.shape, rowAxis: rowAxis))
  }

  /// Visits the elements that are there, row by row.
  public func forEachValue(_ shape: [Int], _ body: (_ index: Int, _ slot: Int) -> Void) {
    let view = MatrixView(shape, rowAxis: rowAxis)
    for row in 0..<view.rows {
      for slot in Int(starts[row])..<Int(starts[row + 1]) {
        body(view.index(row, Int(indices[slot])), slot)
      }
    }
  }

  /// A start for each row and group, and an index for each nonzero.
  public static func tableBytes(_ shape: WeightShape) -> Int {
    IndexedReader.tableBytes(shape, rows: shape.rows, slots: shape.nonzeros, height: 1)
  }

  /// Makes the tables that kernels read.
  public func table(
    _ nonzeros: SparseNonzeros, _ operand: Int, _ builder: LoopBuilder
  ) -> SparseTable {
    IndexedReader.table(nonzeros, operand, builder, height: 1)
  }
}

extension StorageKind {
  /// A column index for each nonzero.
  public static let indexRows = StorageKind(IndexRows.self)
}

extension Constant {
  /// The constant as index rows.
  ///
  /// - Parameter rowAxis: The axis that the rows go along.
  /// - Returns: The same tensor, zeros (of whichever sign bit +0) left out.
  /// - Complexity: O(*n*).
  public func asIndexRows(rowAxis: Int) -> Constant { stored(as: .indexRows, rowAxis: rowAxis) }
}

/// What is wrong with the starts or indices of rows.
func rowFault(_ starts: [Int32], _ indices: [Int32], limit: Int) -> String? {
  let ascends = zip(starts, starts.dropFirst()).allSatisfy { $0 <= $1 }
  guard starts.first == 0, ascends, starts.last.map(Int.init) == indices.count else {
    return "has starts that do not ascend to the number of indices"
  }
  return indexFault(indices, limit: limit)
}

/// What is wrong with indices that stand for less than `limit` columns.
func indexFault(_ indices: [Int32], limit: Int) -> String? {
  indices.allSatisfy { $0 >= 0 && Int($0) < limit }
    ? nil : "has an index outside of 0 ..< \(limit)"
}

/// What is wrong with the values of so many elements.
func valueFault(_ values: Bytes, _ count: Int, _ element: ElementType) -> String? {
  let needed = element.byteCount(count)
  return values.count == needed ? nil : "has \(values.count) value bytes and needs \(needed)"
}
