/// One bit for each element in row-major order, low bit first, and the nonzeros in that order.
///
/// Kernels have a start for each row, a bit for each column of each group, and the values.
public struct Bitmap: SparseFormat {
  /// What options, reports and the text form call it.
  public static let formatName = "bitmap"
  /// A bit says whether a column is there.
  public static let testsColumns = true
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

  /// Takes the elements whose bits are not all zero.
  public init(packing constant: Constant, rowAxis: Int) {
    let (bits, count) = (ElementBits(constant.type.element), constant.type.count)
    var mask = [UInt8](repeating: 0, count: (count + 7) / 8)
    values = constant.dense.withUnsafeBytes { raw in
      for index in 0..<count where !bits.isEmpty(raw, index) {
        mask[index / 8] |= 1 << UInt8(index % 8)
      }
      return Bytes(count: constant.type.element.byteCount(Self.ones(mask))) { out in
        Self.forEachOne(mask, count) { index, slot in bits.copy(raw, index, to: out, slot) }
      }
    }
    self.mask = mask
  }

  /// Takes `mask`.
  public init(_ fields: StorageFields, values: Bytes) {
    self.init(mask: fields.bytes("mask"), values: values)
  }

  /// What stands in braces in the text form.
  public var fields: KeyValuePairs<String, StorageField> { ["mask": .bytes(mask)] }

  /// One for each bit that is set.
  public var valueCount: Int { Self.ones(mask) }

  /// Always: a bitmap has no rows.
  public func isCanonical(rowAxis: Int) -> Bool { true }

  /// Mask and values must have the size of the tensor and its nonzeros.
  public func fault(_ type: TensorType) -> String? {
    let isRight =
      mask.count == (type.count + 7) / 8 && values.count == type.element.byteCount(valueCount)
    return isRight ? nil : "has a mask or values of the wrong size"
  }

  /// Visits the elements that are there, in the order of memory.
  public func forEachValue(_ shape: [Int], _ body: (_ index: Int, _ slot: Int) -> Void) {
    Self.forEachOne(mask, shape.reduce(1, *), body)
  }

  private static func ones(_ mask: [UInt8]) -> Int { mask.reduce(0) { $0 + $1.nonzeroBitCount } }

  private static func forEachOne(
    _ mask: [UInt8], _ count: Int, _ body: (_ index: Int, _ slot: Int) -> Void
  ) {
    var slot = 0
    for (number, byte) in mask.enumerated() where byte != 0 {
      for index in (number * 8)..<min(number * 8 + 8, count)
      where byte >> UInt8(index % 8) & 1 == 1 {
        body(index, slot)
        slot += 1
      }
    }
  }

  /// A start for each row, a bit for each element, and the nonzeros.
  public static func tableBytes(_ shape: WeightShape) -> Int {
    let bits = shape.rows * shape.groups * ((shape.columns + 7) / 8)
    return max(shape.nonzeros, 1) * shape.elementBytes + bits
      + shape.rows * indexBytes(shape.nonzeros)
  }

  /// Makes the tables that kernels read.
  public func table(
    _ nonzeros: SparseNonzeros, _ operand: Int, _ builder: LoopBuilder
  ) -> SparseTable {
    let layout = nonzeros.layout
    let lineBytes = (layout.columns + 7) / 8
    var bits = [Int32](repeating: 0, count: max(layout.rows * layout.groups * lineBytes, 1))
    for line in 0..<(layout.rows * layout.groups) {
      for place in nonzeros.range(line) {
        let column = Int(nonzeros.columns[place])
        bits[line * lineBytes + column / 8] |= 1 << Int32(column % 8)
      }
    }
    let starts = (0..<layout.rows).map { Int32(nonzeros.range($0 * layout.groups).lowerBound) }
    let reader = BitReader(
      layout: layout,
      starts: builder.indexTable(starts, largest: nonzeros.count, "starts", operand),
      bits: builder.indexTable(bits, largest: 255, "bits", operand))
    let values = nonzeros.values(nonzeros.slots, operand, builder)
    return SparseTable(layout: layout, height: 1, values: values, reader: reader)
  }
}

/// Reads rows of bits; the number of the next value is counted on the way.
private struct BitReader: NonzeroReader {
  let layout: SparseLayout
  let starts: Buffer
  let bits: Buffer

  var readsSeveral: Bool { false }

  /// Bytes of bits for a group.
  private var lineBytes: Int { (layout.columns + 7) / 8 }

  func begin(_ row: Expr, _ builder: LoopBuilder) -> SparseCursor {
    let start = Expr.load(starts, row, lanes: 1).converted(to: .index)
    return SparseCursor(row: row, next: builder.declare("v", start))
  }

  func visit<E: Error>(
    _ cursor: SparseCursor, first: Expr, count: Int, from: Expr, to: Expr, _ builder: LoopBuilder,
    enter: (_ group: Expr) -> Expr,
    _ body: (_ base: Expr, _ column: Expr, _ slot: Expr) throws(E) -> Void
  ) throws(E) {
    guard let next = cursor.next else { return }
    let line = builder.define("m0", (cursor.row * layout.groups + first) * lineBytes)
    skip(line, .integer(0), from, next, builder)
    try builder.loop("t", from: from, to: to) { (group) throws(E) in
      let base = enter(group)
      try builder.loop("j", lineBytes) { (byte) throws(E) in
        let mask = self.mask(line, group, byte, builder)
        let column = builder.declare("c", byte * 8)
        let turn = try builder.block { () throws(E) in
          let isSet = Self.lowBit(mask).compared(.ne, .number(0, .uint32))
          try builder.when(isSet) { () throws(E) in
            try body(base, .variable(column), .variable(next))
            builder.accumulate(next, .integer(1))
          }
          builder.accumulate(column, .integer(1))
          builder.assign(mask, .variable(mask) / .number(2, .uint32))
        }
        builder.emit(.repeatWhile(Self.isNotZero(mask), turn))
      }
    }
    skip(line, to, .integer(count), next, builder)
  }

  /// Counts the values of groups that are not read.
  private func skip(
    _ line: Expr, _ from: Expr, _ to: Expr, _ next: Variable, _ builder: LoopBuilder
  ) {
    builder.loop("t", from: from, to: to) { group in
      builder.loop("j", lineBytes) { byte in
        let mask = self.mask(line, group, byte, builder)
        let turn = builder.block {
          builder.accumulate(next, Self.lowBit(mask).converted(to: .index))
          builder.assign(mask, .variable(mask) / .number(2, .uint32))
        }
        builder.emit(.repeatWhile(Self.isNotZero(mask), turn))
      }
    }
  }

  private func mask(
    _ line: Expr, _ group: Expr, _ byte: Expr, _ builder: LoopBuilder
  ) -> Variable {
    let load = Expr.load(bits, line + group * lineBytes + byte, lanes: 1)
    return builder.declare("m", load.converted(to: .uint32))
  }

  private static func lowBit(_ bits: Variable) -> Expr {
    .binary(.and, .variable(bits), .number(1, .uint32))
  }

  private static func isNotZero(_ bits: Variable) -> Expr {
    Expr.variable(bits).compared(.ne, .number(0, .uint32))
  }

  /// Tests the bits of a byte one after the other, without a loop over them.
  func visit(
    row: Expr, turns: Int, _ builder: LoopBuilder,
    _ body: (_ turn: Int, _ column: Expr, _ slot: Expr) -> Void
  ) {
    guard let next = begin(row, builder).next else { return }
    let line = builder.define("m0", row * lineBytes)
    builder.loop("j", lineBytes) { byte in
      let load = Expr.load(bits, line + byte, lanes: 1)
      let mask = builder.define("m", load.converted(to: .uint32))
      for bit in 0..<min(8, layout.columns) {
        let flag = Expr.binary(.and, mask, .number(Double(1 << bit), .uint32))
        builder.when(flag.compared(.ne, .number(0, .uint32))) {
          body(0, byte * 8 + bit, .variable(next))
          builder.accumulate(next, .integer(1))
        }
      }
    }
  }
}

extension StorageKind {
  /// One bit for each element.
  public static let bitmap = StorageKind(Bitmap.self)
}

extension Constant {
  /// The constant as a bitmap and its nonzeros.
  ///
  /// - Returns: The same tensor.
  /// - Complexity: O(*n*).
  public func asBitmap() -> Constant { stored(as: .bitmap) }
}
