/// As many elements of each row of a matrix, with their column indices; rows with fewer nonzeros keep
/// zeros of theirs.
///
/// Kernels have as many column indices and values for each row and group, so that nothing has to say
/// where one starts. That suits weights that were pruned to n of m neighbours.
public struct EqualRows: SparseFormat {
  /// What options, reports and the text form call it.
  public static let formatName = "equal-rows"
  /// The axis of the tensor that the rows go along.
  public var rowAxis: Int
  /// The number of columns.
  public var columns: Int
  /// Elements of each row.
  public var length: Int
  /// The columns of the elements, ascending inside a row.
  public var indices: [Int32]
  /// The elements, packed.
  public var values: Bytes

  /// Takes the elements whose bits are not all zero, and the first zeros of shorter rows.
  public init(packing constant: Constant, rowAxis: Int) {
    let entries = RowEntries(constant, rowAxis: rowAxis, equal: true)
    self.rowAxis = rowAxis
    columns = entries.columns
    length = entries.starts.count > 1 ? Int(entries.starts[1]) : 0
    indices = entries.indices
    values = entries.values
  }

  /// Takes `axis`, `columns`, `length` and `indices`.
  public init(_ fields: StorageFields, values: Bytes) {
    rowAxis = fields.integer("axis")
    columns = fields.integer("columns")
    length = fields.integer("length")
    indices = fields.integers("indices")
    self.values = values
  }

  /// What stands in braces in the text form.
  public var fields: KeyValuePairs<String, StorageField> {
    [
      "axis": .integer(rowAxis), "columns": .integer(columns), "length": .integer(length),
      "indices": .integers(indices),
    ]
  }

  /// One for each index.
  public var valueCount: Int { indices.count }

  /// Whether the rows go along the axis.
  public func isCanonical(rowAxis: Int) -> Bool { self.rowAxis == rowAxis }

  /// Axis, sizes and indices must fit the tensor.
  public func fault(_ type: TensorType) -> String? {
    guard type.shape.indices.contains(rowAxis) else { return "has no axis \(rowAxis)" }
    let view = MatrixView(type.shape, rowAxis: rowAxis)
    guard columns == view.columns, (0...columns).contains(length),
      indices.count == view.rows * length
    else { return "has rows of the wrong number or length" }
    let ascends = (0..<view.rows).allSatisfy { row in
      let part = indices[(row * length)..<((row + 1) * length)]
      return zip(part, part.dropFirst()).allSatisfy { $0 < $1 }
    }
    guard ascends else { return "has columns that do not ascend in their row" }
    return indexFault(indices, limit: columns) ?? valueFault(values, indices.count, type.element)
  }

  /// The name with the width of the indices that kernels read.
  public func manifestName(_ type: TensorType) -> String {
    indexedName(SparseLayout(type.shape, rowAxis: rowAxis))
  }

  /// Visits the elements that are there, row by row.
  public func forEachValue(_ shape: [Int], _ body: (_ index: Int, _ slot: Int) -> Void) {
    let view = MatrixView(shape, rowAxis: rowAxis)
    for slot in indices.indices { body(view.index(slot / length, Int(indices[slot])), slot) }
  }

  /// As many for each row and group as the fullest has.
  public static func slots(_ pattern: NonzeroPattern) -> Int {
    let lines = 0..<(pattern.layout.rows * pattern.layout.groups)
    return lines.count * (lines.map { pattern.count(line: $0) }.max() ?? 0)
  }

  /// An index and a value for each entry.
  public static func tableBytes(_ shape: WeightShape) -> Int {
    let slots = max(shape.slots(StorageKind(Self.self)), 1)
    return slots * (shape.elementBytes + indexBytes(max(shape.columns - 1, 0)))
  }

  /// Makes the tables that kernels read.
  public func table(
    _ nonzeros: SparseNonzeros, _ operand: Int, _ builder: LoopBuilder
  ) -> SparseTable {
    let layout = nonzeros.layout
    let lines = 0..<(layout.rows * layout.groups)
    let length = lines.map { nonzeros.range($0).count }.max() ?? 0
    var (columns, slots) = ([Int32](), [Int]())
    for line in lines {
      var (rest, zeros) = (nonzeros.range(line), length - nonzeros.range(line).count)
      for column in 0..<Int32(layout.columns) where columns.count < (line + 1) * length {
        if let place = rest.first, nonzeros.columns[place] == column {
          slots.append(nonzeros.slots[place])
          rest.removeFirst()
        } else if zeros > 0 {
          slots.append(-1)
          zeros -= 1
        } else {
          continue
        }
        columns.append(column)
      }
    }
    let indices = builder.indexTable(
      columns.isEmpty ? [0] : columns, largest: max(layout.columns - 1, 0), "columns", operand)
    let values = nonzeros.values(slots, operand, builder)
    let reader = EqualReader(layout: layout, length: length, indices: indices)
    return SparseTable(layout: layout, height: 1, values: values, reader: reader)
  }
}

/// Reads rows of as many entries each.
private struct EqualReader: NonzeroReader {
  let layout: SparseLayout
  let length: Int
  let indices: Buffer

  var readsSeveral: Bool { true }

  func begin(_ row: Expr, _ builder: LoopBuilder) -> SparseCursor {
    SparseCursor(row: row, next: nil)
  }

  func visit<E: Error>(
    _ cursor: SparseCursor, first: Expr, count: Int, from: Expr, to: Expr, _ builder: LoopBuilder,
    enter: (_ group: Expr) -> Expr,
    _ body: (_ base: Expr, _ column: Expr, _ slot: Expr) throws(E) -> Void
  ) throws(E) {
    try builder.loop("t", from: from, to: to) { (group) throws(E) in
      let base = enter(group)
      let line = cursor.row * layout.groups + first + group
      let start = builder.define("k0", line * length)
      try builder.loop("k", from: start, to: start + length) { (slot) throws(E) in
        try body(base, builder.column(indices, slot), slot)
      }
    }
  }

  func visit(
    row: Expr, turns: Int, _ builder: LoopBuilder,
    _ body: (_ turn: Int, _ column: Expr, _ slot: Expr) -> Void
  ) {
    let start = builder.define("k0", row * length)
    let whole = start + length / turns * turns
    builder.entries(indices, from: start, whole: whole, to: start + length, turns: turns, body)
  }
}
