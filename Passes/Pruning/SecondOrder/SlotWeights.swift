import CoppiceIR

/// A layer's weights in double, by group, row and slot; rows come in fours.
struct SlotWeights {
  let groups: Int
  /// Rows of a group.
  let rows: Int
  /// Slots of a row.
  let columns: Int
  /// Elements from one row to the next.
  let stride: Int
  /// Fours of rows of a group.
  let blocks: Int
  let elements: Scratch<Double>

  init(groups: Int, rows: Int, columns: Int) {
    (self.groups, self.rows, self.columns) = (groups, rows, columns)
    stride = (columns + 3) & ~3
    blocks = (rows + 3) / 4
    elements = Scratch(groups * blocks * 4 * stride, repeating: 0)
  }

  /// A row.
  @inline(__always)
  func row(_ group: Int, _ row: Int) -> UnsafeMutablePointer<Double> {
    elements.elements + (group * blocks * 4 + row) * stride
  }
}

extension SlotWeights {
  /// Takes the elements of a constant.
  init(_ constant: Constant, _ grid: WeightGrid, _ order: ColumnOrder) {
    self.init(groups: grid.groups, rows: grid.rows, columns: order.slots.count)
    let bytes = constant.dense
    let element = constant.type.element
    for group in 0..<groups {
      for row in 0..<rows {
        let target = self.row(group, row)
        for (slot, (channel, tap)) in order.slots.enumerated() {
          target[slot] = bytes.number(at: grid.index(group, row, channel, tap), element)
        }
      }
    }
  }

  /// The elements as a constant of the same type, a float of 16 bits or more; what is gone is +0.
  func constant(
    like old: Constant, _ grid: WeightGrid, _ order: ColumnOrder, gone: [Bool]
  ) -> Constant {
    let element = old.type.element
    let format = NarrowFloat(element)
    let bytes = Bytes(count: old.type.byteCount) { memory in
      for group in 0..<groups {
        for row in 0..<rows {
          let source = self.row(group, row)
          let first = (group * rows + row) * columns
          for (slot, (channel, tap)) in order.slots.enumerated() {
            let index = grid.index(group, row, channel, tap)
            let value = gone[first + slot] ? 0 : source[slot]
            if let format {
              let code = format.encoded(value)
              memory.storeBytes(of: code, toByteOffset: index * 2, as: UInt16.self)
            } else if element == .float32 {
              memory.storeBytes(of: Float(value), toByteOffset: index * 4, as: Float.self)
            } else {
              memory.storeBytes(of: value, toByteOffset: index * 8, as: Double.self)
            }
          }
        }
      }
    }
    return Constant(old.type, .dense(bytes))
  }
}
