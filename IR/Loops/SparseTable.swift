/// A weight without its zeros as kernels read it: tables of starts, of indices or bits, and of values.
///
/// Rows and groups are those of ``SparseLayout``. Index rows have a start for each row and group, a
/// column index for each nonzero, and its value; blocks the same for each block of rows, `height`
/// values for an index. A bitmap has a start for each row, a bit for each column, and the values.
package struct SparseTable {
  package let layout: SparseLayout
  /// Rows that share an index; 1 but for blocks.
  package let height: Int
  package let isBitmap: Bool
  let starts: Buffer
  let indices: Buffer
  package let values: Buffer

  /// Rows of blocks.
  package var blockRows: Int { (layout.rows + height - 1) / height }

  /// Bytes of bits for a group of a bitmap.
  var maskBytes: Int { (layout.columns + 7) / 8 }

  /// A value of a nonzero.
  ///
  /// - Parameters:
  ///   - slot: Its number.
  ///   - lane: The row in the block.
  ///   - lanes: 1, or how many rows are loaded together.
  /// - Returns: A load.
  package func value(_ slot: Expr, _ lane: Expr = .integer(0), lanes: Int = 1) -> Expr {
    .load(values, slot * height + lane, lanes: lanes)
  }
}

extension LoopBuilder {
  /// The tables of a constant in sparse storage, in the form that its storage names.
  ///
  /// - Parameters:
  ///   - constant: The weight.
  ///   - operand: The operand that it is.
  ///   - rowAxis: The axis that the rows go along.
  ///   - shape: Another shape of the same elements to take the rows from.
  /// - Returns: The tables.
  package func sparseTable(
    _ constant: Constant, _ operand: Int, rowAxis: Int, as shape: [Int]? = nil
  ) -> SparseTable {
    let layout = SparseLayout(shape ?? constant.type.shape, rowAxis: rowAxis)
    var height = 1
    if case .blocks(let blocks) = constant.storage { height = max(blocks.height, 1) }
    let isBitmap = if case .bitmap = constant.storage { true } else { false }
    let packing = SparsePacking(constant, layout, height: height, isBitmap: isBitmap)
    let largest = isBitmap ? 255 : max(layout.columns - 1, 0)
    let starts = indexTable(packing.starts, largest: packing.slots, "starts", operand)
    let name = isBitmap ? "bits" : "columns"
    let indices = indexTable(packing.indices, largest: largest, name, operand)
    let count = max(packing.slots * height, 1)
    let values = addConstant(packing.values, constant.type.element, count, "values", operand)
    return SparseTable(
      layout: layout, height: height, isBitmap: isBitmap, starts: starts, indices: indices,
      values: values)
  }

  /// A table of indices in the narrowest unsigned type that holds the largest there may be.
  func indexTable(
    _ values: [Int32], largest: Int, _ name: String, _ operand: Int?
  ) -> Buffer {
    switch indexBytes(largest) {
    case 1:
      let bytes = Bytes(values.map { UInt8(truncatingIfNeeded: $0) })
      return addConstant(bytes, .uint8, values.count, name, operand)
    case 2:
      let bytes = Bytes(values.map { UInt16(truncatingIfNeeded: $0) })
      return addConstant(bytes, .uint16, values.count, name, operand)
    default:
      let bytes = Bytes(values.map { UInt32(truncatingIfNeeded: $0) })
      return addConstant(bytes, .uint32, values.count, name, operand)
    }
  }
}

/// The bytes of the narrowest unsigned type that holds a number.
func indexBytes(_ largest: Int) -> Int { largest < 256 ? 1 : largest < 65536 ? 2 : 4 }

/// The elements of the tables.
private struct SparsePacking {
  var starts: [Int32] = []
  var indices: [Int32] = []
  var values: Bytes
  var slots = 0

  init(_ constant: Constant, _ layout: SparseLayout, height: Int, isBitmap: Bool) {
    let size = constant.type.element.bits / 8
    let present = layout.presence(constant)
    let width = layout.groups * layout.columns
    var elements: [Int] = []
    for top in stride(from: 0, to: layout.rows, by: height) {
      let rows = top..<min(top + height, layout.rows)
      if isBitmap { starts.append(Int32(slots)) }
      for group in 0..<layout.groups {
        if !isBitmap { starts.append(Int32(slots)) }
        var bits = [Int32](repeating: 0, count: isBitmap ? (layout.columns + 7) / 8 : 0)
        for column in 0..<layout.columns {
          let place = group * layout.columns + column
          guard rows.contains(where: { present[$0 * width + place] }) else { continue }
          if isBitmap {
            bits[column / 8] |= 1 << Int32(column % 8)
          } else {
            indices.append(Int32(column))
          }
          slots += 1
          for row in top..<(top + height) {
            elements.append(row < layout.rows ? layout.index(row, group, column) : -1)
          }
        }
        indices += bits
      }
    }
    if !isBitmap { starts.append(Int32(slots)) }
    if indices.isEmpty { indices = [0] }
    values = Bytes(count: max(elements.count, 1) * size) { out in
      constant.dense.withUnsafeBytes { raw in
        for (slot, element) in elements.enumerated() where element >= 0 {
          let source = UnsafeRawBufferPointer(
            rebasing: raw[(element * size)..<((element + 1) * size)])
          UnsafeMutableRawBufferPointer(rebasing: out[(slot * size)...]).copyMemory(from: source)
        }
      }
    }
  }
}
