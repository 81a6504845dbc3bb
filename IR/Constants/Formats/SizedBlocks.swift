/// The size of blocks that share an index.
public protocol BlockSize: Hashable, Sendable {
  /// Neighbouring rows.
  static var height: Int { get }
  /// Neighbouring columns of a group: input channels at the same tap of a window.
  static var width: Int { get }
}

/// Pairs of inputs, which instructions on packed numbers meet together.
public enum Size1x2: BlockSize {
  /// One row.
  public static let height = 1
  /// Two columns.
  public static let width = 2
}

/// Two outputs of four inputs, what a row of a product on packed numbers meets in one step.
public enum Size2x4: BlockSize {
  /// Two rows.
  public static let height = 2
  /// Four columns.
  public static let width = 4
}

/// Sixteen inputs, a vector of bytes.
public enum Size1x16: BlockSize {
  /// One row.
  public static let height = 1
  /// Sixteen columns.
  public static let width = 16
}

/// The nonzeros of each row; kernels have them in blocks of neighbouring rows and columns, with one
/// index for each block that holds a nonzero.
///
/// A last block that would reach beyond its group begins earlier instead, with zeros for what the
/// block before it has.
public struct SizedBlocks<Size: BlockSize>: SparseFormat {
  /// What options, reports and the text form call it.
  public static var formatName: String { "blocks-\(Size.height)x\(Size.width)" }
  /// The rows of a block.
  public static var canonicalHeight: Int { Size.height }
  /// The columns of a block.
  public static var canonicalWidth: Int { Size.width }
  /// Blocks are what kernels on 8-bit integers read.
  public static func serves(_ element: ElementType) -> Bool {
    element == .int8 || element == .uint8
  }

  private let rows: IndexRows

  /// Takes the elements whose bits are not all zero.
  public init(packing constant: Constant, rowAxis: Int) {
    rows = IndexRows(packing: constant, rowAxis: rowAxis)
  }

  /// Takes `axis`, `columns`, `starts` and `indices` of the nonzeros.
  public init(_ fields: StorageFields, values: Bytes) {
    rows = IndexRows(fields, values: values)
  }

  /// What stands in braces in the text form.
  public var fields: KeyValuePairs<String, StorageField> { rows.fields }
  /// The nonzeros, packed.
  public var values: Bytes { rows.values }
  /// As many as there are nonzeros.
  public var valueCount: Int { rows.valueCount }

  /// Whether the rows go along the axis.
  public func isCanonical(rowAxis: Int) -> Bool { rows.isCanonical(rowAxis: rowAxis) }

  /// Axis, sizes, starts and indices must fit the tensor.
  public func fault(_ type: TensorType) -> String? { rows.fault(type) }

  /// Visits the elements that are there, row by row.
  public func forEachValue(_ shape: [Int], _ body: (_ index: Int, _ slot: Int) -> Void) {
    rows.forEachValue(shape, body)
  }

  /// One for each block that holds a nonzero.
  public static func slots(_ pattern: NonzeroPattern) -> Int {
    pattern.blocks(height: Size.height, width: Size.width)
  }

  /// A start for each row of blocks and group, an index for each block, and its values.
  public static func tableBytes(_ shape: WeightShape) -> Int {
    let rows = (shape.rows + Size.height - 1) / Size.height
    let width = min(Size.width, max(shape.columns, 1))
    return IndexedReader.tableBytes(
      shape, rows: rows, slots: shape.slots(StorageKind(Self.self)) * width, height: Size.height,
      width: width)
  }

  /// Makes the tables that kernels read.
  public func table(
    _ nonzeros: SparseNonzeros, _ operand: Int, _ builder: LoopBuilder
  ) -> SparseTable {
    BlockReader.table(nonzeros, operand, builder, height: Size.height, width: Size.width)
  }
}

extension StorageKind {
  /// An index for two columns.
  public static let blocks1x2 = StorageKind(SizedBlocks<Size1x2>.self)
  /// An index for four columns of two rows.
  public static let blocks2x4 = StorageKind(SizedBlocks<Size2x4>.self)
  /// An index for sixteen columns.
  public static let blocks1x16 = StorageKind(SizedBlocks<Size1x16>.self)
}
