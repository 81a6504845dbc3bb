/// What is there of a weight, in the order that kernels read it: by row and group, in them by column.
public struct SparseNonzeros {
  package let layout: SparseLayout
  /// Where each group of each row starts.
  private let starts: [Int]
  /// The column in its group, of each nonzero.
  let columns: [Int32]
  /// The number among the elements of the storage, of each nonzero.
  let slots: [Int]
  private let elements: Bytes
  private let element: ElementType

  /// Sorts the nonzeros of a weight by row and group; elements that are stored, but zero, are none.
  ///
  /// - Complexity: O(*n*), of the elements that are there.
  package init(_ format: any SparseFormat, _ type: TensorType, _ layout: SparseLayout) {
    let bits = ElementBits(type.element)
    (self.layout, elements, element) = (layout, format.values, type.element)
    let (lines, place) = (layout.rows * layout.groups, layout.places)
    var starts = [Int](repeating: 0, count: lines + 1)
    var (columns, slots) = ([Int32](), [Int]())
    var isSorted = true
    format.values.withUnsafeBytes { raw in
      format.forEachValue(type.shape) { index, slot in
        if !bits.isEmpty(raw, slot) { starts[place(index).line + 1] += 1 }
      }
      for line in 0..<lines { starts[line + 1] += starts[line] }
      columns = [Int32](repeating: 0, count: starts[lines])
      slots = [Int](repeating: 0, count: starts[lines])
      var next = starts
      format.forEachValue(type.shape) { index, slot in
        if bits.isEmpty(raw, slot) { return }
        let (line, column) = place(index)
        let entry = next[line]
        if entry > starts[line], columns[entry - 1] > column { isSorted = false }
        (columns[entry], slots[entry]) = (Int32(column), slot)
        next[line] += 1
      }
    }
    if !isSorted { Self.sort(starts, &columns, &slots) }
    (self.starts, self.columns, self.slots) = (starts, columns, slots)
  }

  private static func sort(_ starts: [Int], _ columns: inout [Int32], _ slots: inout [Int]) {
    for (start, end) in zip(starts, starts.dropFirst()) where end - start > 1 {
      let order = (start..<end).sorted { columns[$0] < columns[$1] }
      columns.replaceSubrange(start..<end, with: order.map { columns[$0] })
      slots.replaceSubrange(start..<end, with: order.map { slots[$0] })
    }
  }

  /// The number of nonzeros.
  var count: Int { slots.count }

  /// The nonzeros of a line: a group of a row.
  func range(_ line: Int) -> Range<Int> { starts[line]..<starts[line + 1] }

  /// Where a line starts; after the last one, how many nonzeros there are.
  func start(_ line: Int) -> Int { starts[line] }

  /// A table of elements of the storage, zeros where a number is -1.
  func values(_ slots: [Int], _ operand: Int, _ builder: LoopBuilder) -> Buffer {
    let (bits, count) = (ElementBits(element), max(slots.count, 1))
    let bytes = elements.withUnsafeBytes { raw in
      Bytes(count: element.byteCount(count)) { out in
        for (index, slot) in slots.enumerated() where slot >= 0 {
          bits.copy(raw, slot, to: out, index)
        }
      }
    }
    return builder.addConstant(bytes, element, count, "values", operand)
  }
}
