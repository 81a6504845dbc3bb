/// The nonzeros of a weight in blocks of one row and four neighbouring inputs at a tap.
///
/// The lines are the groups of rows of ``SparseLayout``. Kernels have a start for each line, an index
/// for each block, and its values. A last block that would reach beyond its line begins earlier.
public struct InputBlocks: SparseFormat {
  /// The name of blocks with their size.
  public static let formatName = "\(Blocks.formatName)-1x\(canonicalWidth)"
  /// Four inputs share an index.
  public static let canonicalWidth = 4
  private static var width: Int { canonicalWidth }

  /// The axis of the tensor that the rows go along.
  public var rowAxis: Int
  /// Inputs of a line.
  public var columns: Int
  /// Where each line starts in `indices`; one more entry than lines.
  public var starts: [Int32]
  /// The number of each block in its line.
  public var indices: [Int32]
  /// The elements of each block; those past the end of the line are zero.
  public var values: Bytes

  /// Takes the blocks with an element whose bits are not all zero.
  public init(packing constant: Constant, rowAxis: Int) {
    let layout = SparseLayout(constant.type.shape, rowAxis: rowAxis)
    let bits = ElementBits(constant.type.element)
    let (width, across) = (Self.width, Self.across(layout.columns))
    let lines = layout.rows * layout.groups
    var (starts, indices) = ([Int32(0)], [Int32]())
    values = constant.dense.withUnsafeBytes { raw in
      // The number of each block that is there; -1 for the others.
      var numbers = [Int32](repeating: -1, count: lines * across)
      layout.forEachElement { index, line, column in
        if !bits.isEmpty(raw, index) { numbers[line * across + column / width] = 0 }
      }
      for line in 0..<lines {
        for block in 0..<across where numbers[line * across + block] == 0 {
          numbers[line * across + block] = Int32(indices.count)
          indices.append(Int32(block))
        }
        starts.append(Int32(indices.count))
      }
      return Bytes(count: constant.type.element.byteCount(indices.count * width)) { out in
        layout.forEachElement { index, line, column in
          if bits.isEmpty(raw, index) { return }
          let block = Int(numbers[line * across + column / width])
          bits.copy(raw, index, to: out, block * width + column % width)
        }
      }
    }
    (self.rowAxis, columns) = (rowAxis, layout.columns)
    (self.starts, self.indices) = (starts, indices)
  }

  /// Takes `axis`, `columns`, `starts` and `indices`.
  public init(_ fields: StorageFields, values: Bytes) {
    (rowAxis, columns) = (fields.integer("axis"), fields.integer("columns"))
    (starts, indices) = (fields.integers("starts"), fields.integers("indices"))
    self.values = values
  }

  /// What stands in braces in the text form.
  public var fields: KeyValuePairs<String, StorageField> {
    [
      "axis": .integer(rowAxis), "columns": .integer(columns), "starts": .integers(starts),
      "indices": .integers(indices),
    ]
  }

  /// As many as the blocks have cells.
  public var valueCount: Int { indices.count * Self.width }

  /// Whether the rows go along the axis.
  public func isCanonical(rowAxis: Int) -> Bool { self.rowAxis == rowAxis }

  /// Axis, sizes, starts and indices must fit the tensor.
  public func fault(_ type: TensorType) -> String? {
    guard type.shape.indices.contains(rowAxis) else { return "has no axis \(rowAxis)" }
    let layout = SparseLayout(type.shape, rowAxis: rowAxis)
    guard columns == layout.columns, starts.count == layout.rows * layout.groups + 1 else {
      return "has lines of the wrong number or length"
    }
    return rowFault(starts, indices, limit: Self.across(columns))
      ?? valueFault(values, valueCount, type.element)
  }

  /// Visits the elements of the blocks that lie in the tensor, line by line.
  public func forEachValue(_ shape: [Int], _ body: (_ index: Int, _ slot: Int) -> Void) {
    let layout = SparseLayout(shape, rowAxis: rowAxis)
    for line in 0..<(starts.count - 1) {
      let (row, group) = line.quotientAndRemainder(dividingBy: layout.groups)
      for block in Int(starts[line])..<Int(starts[line + 1]) {
        let first = Int(indices[block]) * Self.width
        for column in first..<min(first + Self.width, columns) {
          body(layout.index(row, group, column), block * Self.width + column - first)
        }
      }
    }
  }

  /// Blocks of a line.
  private static func across(_ columns: Int) -> Int { (columns + width - 1) / width }

  /// One for each block that holds a nonzero.
  public static func slots(_ pattern: NonzeroPattern) -> Int {
    pattern.blocks(height: 1, width: width)
  }

  /// A start for each line, an index for each block, and its values.
  public static func tableBytes(_ shape: WeightShape) -> Int {
    let slots = shape.slots(StorageKind(Self.self))
    let starts = (shape.rows * shape.groups + 1) * indexBytes(slots)
    let largest = InputBlockReader.largest(shape.columns)
    return max(slots * width, 1) * shape.elementBytes + max(slots, 1) * indexBytes(largest)
      + starts
  }

  /// Makes the tables that kernels read.
  public func table(
    _ nonzeros: SparseNonzeros, _ operand: Int, _ builder: LoopBuilder
  ) -> SparseTable {
    InputBlockReader.table(nonzeros, operand, builder)
  }
}

extension StorageKind {
  /// An index for four inputs of a row.
  public static let inputBlocks = StorageKind(InputBlocks.self)
}
