/// A weight with one filter for each channel, without its zeros, for kernels that add a tap after the
/// other to whole planes.
///
/// Channels with as many taps follow each other, so that processors foresee where loops end.
package struct TapTable {
  /// The channels as they are met.
  package let channels: Buffer
  /// How many taps each has, in that order.
  package let counts: Buffer
  /// For each tap how far its activations lie from those of the window's first.
  package let places: Buffer
  /// For each tap its column in the window, if that is asked for.
  package let columns: Buffer?
  package let values: Buffer

  /// The bytes of the tables.
  ///
  /// - Parameters:
  ///   - shape: The weight's, `[channels, 1, rows, columns]`.
  ///   - steps: How far activations of neighbouring rows and columns of the window lie apart.
  ///   - taps: In all.
  ///   - hasColumns: Whether each tap has its column.
  ///   - elementBytes: Bytes of a value.
  /// - Returns: Those of all five.
  package static func bytes(
    _ shape: [Int], steps: (row: Int, column: Int), taps: Int, hasColumns: Bool,
    elementBytes: Int
  ) -> Int {
    let channels = shape[0] * (indexBytes(shape[0] - 1) + indexBytes(shape[2] * shape[3]))
    let column = hasColumns ? indexBytes(shape[3] - 1) : 0
    return channels + max(taps, 1) * (indexBytes(largest(shape, steps)) + column + elementBytes)
  }

  fileprivate static func largest(_ shape: [Int], _ steps: (row: Int, column: Int)) -> Int {
    (shape[2] - 1) * steps.row + (shape[3] - 1) * steps.column
  }
}

extension LoopBuilder {
  /// Makes the tables of a convolution's weight.
  ///
  /// - Parameters:
  ///   - constant: The weight, `[channels, 1, rows, columns]`.
  ///   - operand: The operand that it is.
  ///   - steps: How far activations of neighbouring rows and columns of the window lie apart.
  ///   - hasColumns: Whether each tap has its column.
  /// - Returns: The tables.
  package func tapTable(
    _ constant: Constant, _ operand: Int, steps: (row: Int, column: Int), hasColumns: Bool
  ) -> TapTable {
    let shape = constant.type.shape
    let layout = SparseLayout(shape, rowAxis: 0)
    let format = constant.storage.format ?? IndexRows(packing: constant, rowAxis: 0)
    let nonzeros = SparseNonzeros(format, constant.type, layout)
    func taps(_ channel: Int) -> Range<Int> {
      nonzeros.start(channel * layout.groups)..<nonzeros.start((channel + 1) * layout.groups)
    }
    let order = (0..<shape[0]).sorted { (taps($0).count, $0) < (taps($1).count, $1) }
    var (places, columns, slots): ([Int32], [Int32], [Int]) = ([], [], [])
    for channel in order {
      for group in 0..<layout.groups {
        for entry in nonzeros.range(channel * layout.groups + group) {
          let index = layout.index(channel, group, Int(nonzeros.columns[entry]))
          let (row, column) = (index % (shape[2] * shape[3])).quotientAndRemainder(
            dividingBy: shape[3])
          places.append(Int32(row * steps.row + column * steps.column))
          columns.append(Int32(column))
          slots.append(nonzeros.slots[entry])
        }
      }
    }
    if places.isEmpty { (places, columns) = ([0], [0]) }
    return TapTable(
      channels: indexTable(order.map(Int32.init), largest: shape[0] - 1, "channels", operand),
      counts: indexTable(
        order.map { Int32(taps($0).count) }, largest: shape[2] * shape[3], "counts", operand),
      places: indexTable(places, largest: TapTable.largest(shape, steps), "places", operand),
      columns: hasColumns
        ? indexTable(columns, largest: shape[3] - 1, "columns", operand) : nil,
      values: nonzeros.values(slots, operand, self))
  }
}
