/// The nonzero pattern of a constant seen as a matrix.
///
/// Row `r`, column `c` of the matrix is the element whose index along `rowAxis` is `r` and whose
/// other indices, row-major, make `c`.
public struct MatrixView: Sendable {
  /// The axis that the rows go along.
  public let rowAxis: Int
  /// Rows.
  public let rows: Int
  /// Columns.
  public let columns: Int
  private let inner: Int

  /// Views a shape.
  ///
  /// - Parameters:
  ///   - shape: Of rank 1 or more.
  ///   - rowAxis: The axis that the rows go along.
  public init(_ shape: [Int], rowAxis: Int) {
    self.rowAxis = rowAxis
    rows = shape[rowAxis]
    inner = shape[(rowAxis + 1)...].reduce(1, *)
    columns = shape[..<rowAxis].reduce(1, *) * inner
  }

  /// The row-major index in the tensor of an element of the matrix.
  ///
  /// - Parameters:
  ///   - row: The row.
  ///   - column: The column.
  /// - Returns: Counted in elements.
  public func index(_ row: Int, _ column: Int) -> Int {
    (column / inner * rows + row) * inner + column % inner
  }
}

extension Constant {
  /// The bits of the elements are all zero, which for floats means +0.
  private func isZero(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ size: Int) -> Bool {
    bytes[(index * size)..<((index + 1) * size)].allSatisfy { $0 == 0 }
  }

  /// The number of elements that are not zero; negative zero counts as zero.
  ///
  /// - Complexity: O(*n*).
  public var nonzeroCount: Int {
    if case .uniform = storage { return number(at: 0) == 0 ? 0 : type.count }
    let bytes = dense
    return bytes.withUnsafeBytes { raw in
      if type.element == .float32 {
        var count = 0
        for index in 0..<type.count
        where raw.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self) << 1 != 0 { count += 1 }
        return count
      }
      return (0..<type.count).count { bytes.number(at: $0, type.element) != 0 }
    }
  }

  /// The constant as index rows.
  ///
  /// - Parameter rowAxis: The axis that the rows go along.
  /// - Returns: The same tensor, zeros (of whichever sign bit +0) left out.
  /// - Complexity: O(*n*).
  public func asIndexRows(rowAxis: Int) -> Constant {
    let view = MatrixView(type.shape, rowAxis: rowAxis)
    let size = type.element.bits / 8
    let bytes = dense
    var starts: [Int32] = [0]
    var indices: [Int32] = []
    var values: [UInt8] = []
    bytes.withUnsafeBytes { raw in
      for row in 0..<view.rows {
        for column in 0..<view.columns {
          let index = view.index(row, column)
          if isZero(raw, index, size) { continue }
          indices.append(Int32(column))
          values.append(contentsOf: raw[(index * size)..<((index + 1) * size)])
        }
        starts.append(Int32(indices.count))
      }
    }
    let rows = IndexRows(
      rowAxis: rowAxis, columns: view.columns, starts: starts, indices: indices,
      values: Bytes(values))
    return Constant(type, .indexRows(rows))
  }

  /// The constant as a bitmap and its nonzeros.
  ///
  /// - Returns: The same tensor.
  /// - Complexity: O(*n*).
  public func asBitmap() -> Constant {
    let size = type.element.bits / 8
    var mask = [UInt8](repeating: 0, count: (type.count + 7) / 8)
    var values: [UInt8] = []
    dense.withUnsafeBytes { raw in
      for index in 0..<type.count where !isZero(raw, index, size) {
        mask[index / 8] |= 1 << UInt8(index % 8)
        values.append(contentsOf: raw[(index * size)..<((index + 1) * size)])
      }
    }
    return Constant(type, .bitmap(Bitmap(mask: mask, values: Bytes(values))))
  }

  /// The constant as its nonzero blocks.
  ///
  /// - Parameters:
  ///   - rowAxis: The axis that the rows go along.
  ///   - height: Rows in a block.
  ///   - width: Columns in a block.
  /// - Returns: The same tensor.
  /// - Complexity: O(*n*).
  public func asBlocks(rowAxis: Int, height: Int, width: Int) -> Constant {
    let view = MatrixView(type.shape, rowAxis: rowAxis)
    let size = type.element.bits / 8
    var starts: [Int32] = [0]
    var indices: [Int32] = []
    var values: [UInt8] = []
    dense.withUnsafeBytes { raw in
      for top in stride(from: 0, to: view.rows, by: height) {
        for left in stride(from: 0, to: view.columns, by: width) {
          var block: [UInt8] = []
          var empty = true
          for row in top..<(top + height) {
            for column in left..<(left + width) {
              guard row < view.rows, column < view.columns else {
                block.append(contentsOf: repeatElement(0, count: size))
                continue
              }
              let index = view.index(row, column)
              empty = empty && isZero(raw, index, size)
              block.append(contentsOf: raw[(index * size)..<((index + 1) * size)])
            }
          }
          if empty { continue }
          indices.append(Int32(left / width))
          values.append(contentsOf: block)
        }
        starts.append(Int32(indices.count))
      }
    }
    let blocks = Blocks(
      rowAxis: rowAxis, height: height, width: width, columns: view.columns, starts: starts,
      indices: indices, values: Bytes(values))
    return Constant(type, .blocks(blocks))
  }

  /// The elements spread out to dense bytes.
  func decoded() -> Bytes {
    let size = max(type.element.bits / 8, 1)
    return Bytes(count: type.byteCount) { out in
      func put(_ index: Int, _ values: UnsafeRawBufferPointer, _ from: Int) {
        for byte in 0..<size { out[index * size + byte] = values[from * size + byte] }
      }
      switch storage {
      case .dense(let bytes): bytes.withUnsafeBytes { out.copyMemory(from: $0) }
      case .uniform(let one):
        one.withUnsafeBytes { raw in
          for index in 0..<(type.byteCount / max(one.count, 1)) { put(index, raw, 0) }
        }
      case .indexRows(let rows):
        let view = MatrixView(type.shape, rowAxis: rows.rowAxis)
        rows.values.withUnsafeBytes { raw in
          for row in 0..<view.rows {
            for slot in Int(rows.starts[row])..<Int(rows.starts[row + 1]) {
              put(view.index(row, Int(rows.indices[slot])), raw, slot)
            }
          }
        }
      case .bitmap(let bitmap):
        bitmap.values.withUnsafeBytes { raw in
          var next = 0
          for index in 0..<type.count where bitmap.mask[index / 8] >> UInt8(index % 8) & 1 == 1 {
            put(index, raw, next)
            next += 1
          }
        }
      case .blocks(let blocks):
        let view = MatrixView(type.shape, rowAxis: blocks.rowAxis)
        blocks.values.withUnsafeBytes { raw in
          decode(blocks, view) { put(view.index($0, $1), raw, $2) }
        }
      }
    }
  }

  private func decode(_ blocks: Blocks, _ view: MatrixView, _ put: (Int, Int, Int) -> Void) {
    for blockRow in 0..<(blocks.starts.count - 1) {
      for slot in Int(blocks.starts[blockRow])..<Int(blocks.starts[blockRow + 1]) {
        for cell in 0..<(blocks.height * blocks.width) {
          let row = blockRow * blocks.height + cell / blocks.width
          let column = Int(blocks.indices[slot]) * blocks.width + cell % blocks.width
          guard row < view.rows, column < view.columns else { continue }
          put(row, column, slot * blocks.height * blocks.width + cell)
        }
      }
    }
  }
}
