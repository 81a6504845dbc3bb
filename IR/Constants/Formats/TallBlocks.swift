/// ``Blocks`` of one column that are so many rows high, as a storage of its own.
///
/// The taller a block, the fewer indices: vectors whose lanes are rows take a whole block at once.
public struct TallBlocks<let rows: Int>: SparseFormat {
  /// The name of blocks with their size.
  public static var formatName: String { "\(Blocks.formatName)-\(rows)x1" }
  /// So many rows share an index.
  public static var canonicalHeight: Int { rows }

  private let blocks: Blocks

  /// Takes the blocks with an element whose bits are not all zero.
  public init(packing constant: Constant, rowAxis: Int) {
    blocks = Blocks(packing: constant, rowAxis: rowAxis, height: rows, width: 1)
  }

  /// Takes `axis`, `columns`, `starts` and `indices`.
  public init(_ fields: StorageFields, values: Bytes) {
    blocks = Blocks(
      rowAxis: fields.integer("axis"), height: rows, width: 1, columns: fields.integer("columns"),
      starts: fields.integers("starts"), indices: fields.integers("indices"), values: values)
  }

  /// What stands in braces in the text form.
  public var fields: KeyValuePairs<String, StorageField> {
    [
      "axis": .integer(blocks.rowAxis), "columns": .integer(blocks.columns),
      "starts": .integers(blocks.starts), "indices": .integers(blocks.indices),
    ]
  }

  /// The elements of each block.
  public var values: Bytes { blocks.values }

  /// As many as the blocks have cells.
  public var valueCount: Int { blocks.valueCount }

  /// Whether the rows go along the axis.
  public func isCanonical(rowAxis: Int) -> Bool { blocks.rowAxis == rowAxis }

  /// Axis, sizes, starts and indices must fit the tensor.
  public func fault(_ type: TensorType) -> String? { blocks.fault(type) }

  /// Visits the elements of the blocks that lie in the tensor, block by block.
  public func forEachValue(_ shape: [Int], _ body: (_ index: Int, _ slot: Int) -> Void) {
    blocks.forEachValue(shape, body)
  }

  /// One for each column of the rows of a block that holds a nonzero.
  public static func slots(_ pattern: NonzeroPattern) -> Int { pattern.runs(height: rows) }

  /// A start for each row of blocks and group, an index for each block, and its values.
  public static func tableBytes(_ shape: WeightShape) -> Int {
    IndexedReader.tableBytes(
      shape, rows: (shape.rows + rows - 1) / rows, slots: shape.slots(StorageKind(Self.self)),
      height: rows)
  }

  /// Makes the tables that kernels read.
  public func table(
    _ nonzeros: SparseNonzeros, _ operand: Int, _ builder: LoopBuilder
  ) -> SparseTable {
    IndexedReader.table(nonzeros, operand, builder, height: rows)
  }
}

extension StorageKind {
  /// A column index for eight rows.
  public static let blocks8 = StorageKind(TallBlocks<8>.self)
  /// A column index for sixteen rows.
  public static let blocks16 = StorageKind(TallBlocks<16>.self)
}
