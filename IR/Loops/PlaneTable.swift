/// A weight without its zeros for kernels that read whole planes of activations: rows are taken in
/// groups, and the nonzeros of a group are ordered by the column of the window that they belong to.
///
/// There are no starts: kernels go through all groups in order, and a count says how many entries
/// belong together. An entry has a place, that of its first activation, and one value, as many as the
/// group has rows, or, of patterns, one for each row that it has, or one for each of some neighbouring
/// channels.
package struct PlaneTable {
  /// Entries that belong together: for each group of rows and column of the window, or, in it, for
  /// each pattern from all rows down to the first alone.
  package let counts: Buffer
  /// Where entries find their activations, in steps of the places.
  package let places: Buffer
  package let values: Buffer

  /// How the nonzeros of a weight are ordered.
  package struct Order: Hashable, Sendable {
    /// Rows that are taken together.
    package var height: Int
    /// Whether entries of a group are told apart by the rows that they have.
    package var byPattern: Bool
    /// Neighbouring channels that share an entry.
    package var width: Int
    /// The columns of the window as they are read.
    package var columns: [Int]

    /// Makes an order.
    package init(height: Int, byPattern: Bool = false, width: Int = 1, columns: [Int]) {
      self.height = height
      self.byPattern = byPattern
      self.width = width
      self.columns = columns
    }

    /// The rows of each pattern, in the order of their counts; one of all rows where there are none.
    package var patterns: [[Int]] {
      guard byPattern else { return [Array(0..<height)] }
      return (1..<(1 << height)).reversed().map { bits in
        (0..<height).filter { bits >> $0 & 1 == 1 }
      }
    }
  }

  /// Where activations lie: `channel * channels + row * rows` for a row of the window.
  package struct Places: Hashable, Sendable {
    package var channels: Int
    package var rows: Int

    /// Makes places.
    package init(channels: Int, rows: Int) {
      self.channels = channels
      self.rows = rows
    }

    /// What all places are a multiple of.
    package var unit: Int {
      var (a, b) = (channels, rows)
      while b != 0 { (a, b) = (b, a % b) }
      return max(a, 1)
    }

    func largest(_ layout: SparseLayout, windowRows: Int) -> Int {
      let channels = layout.windowRows == windowRows ? layout.columns : 1
      return ((channels - 1) * self.channels + (windowRows - 1) * rows) / unit
    }
  }

  /// The bytes of the tables.
  ///
  /// - Parameters:
  ///   - layout: The weight's.
  ///   - order: Of its nonzeros.
  ///   - places: Where activations lie.
  ///   - windowRows: Rows of the window.
  ///   - entries: Entries in all.
  ///   - values: Values in all.
  ///   - elementBytes: Bytes of a value.
  /// - Returns: Those of all three.
  package static func bytes(
    _ layout: SparseLayout, _ order: Order, _ places: Places, windowRows: Int, entries: Int,
    values: Int, elementBytes: Int
  ) -> Int {
    let groups = (layout.rows + order.height - 1) / order.height * layout.windowColumns
    let counts = groups * order.patterns.count * indexBytes(longest(layout))
    let place = indexBytes(places.largest(layout, windowRows: windowRows))
    return counts + max(entries, 1) * place + max(values, 1) * elementBytes
  }

  /// Entries that may belong together.
  fileprivate static func longest(_ layout: SparseLayout) -> Int {
    layout.columns * layout.windowRows
  }
}

extension LoopBuilder {
  /// Makes the tables of a convolution's weight.
  ///
  /// - Parameters:
  ///   - constant: The weight, its rows along axis 0.
  ///   - operand: The operand that it is.
  ///   - order: Of its nonzeros.
  ///   - places: Where activations lie.
  /// - Returns: The tables.
  package func planeTable(
    _ constant: Constant, _ operand: Int, _ order: PlaneTable.Order, _ places: PlaneTable.Places
  ) -> PlaneTable {
    let layout = SparseLayout(constant.type.shape, rowAxis: 0)
    let format = constant.storage.format ?? IndexRows(packing: constant, rowAxis: 0)
    let nonzeros = SparseNonzeros(format, constant.type, layout)
    let windowRows = constant.type.shape[2]
    var entries = PlaneEntries(order: order)
    for top in stride(from: 0, to: layout.rows, by: order.height) {
      for column in order.columns {
        entries.take(nonzeros, top, column, places, windowRows)
      }
    }
    let largest = places.largest(layout, windowRows: windowRows)
    return PlaneTable(
      counts: indexTable(
        entries.counts, largest: PlaneTable.longest(layout), "counts", operand),
      places: indexTable(
        entries.places.isEmpty ? [0] : entries.places, largest: largest, "places", operand),
      values: nonzeros.values(entries.slots, operand, self))
  }
}

/// The entries of a table while it is made.
private struct PlaneEntries {
  let order: PlaneTable.Order
  var counts: [Int32] = []
  var places: [Int32] = []
  var slots: [Int] = []

  /// Takes the nonzeros of a group of rows in a column of the window, by place.
  mutating func take(
    _ nonzeros: SparseNonzeros, _ top: Int, _ column: Int, _ places: PlaneTable.Places,
    _ windowRows: Int
  ) {
    let layout = nonzeros.layout
    if order.width > 1 { return takeBlocks(nonzeros, top, column, places) }
    var found: [Int32: [Int]] = [:]
    for row in top..<min(top + order.height, layout.rows) {
      for part in 0..<layout.windowRows {
        let line = row * layout.groups + column * layout.windowRows + part
        for index in nonzeros.range(line) {
          let inner = Int(nonzeros.columns[index])
          let (channel, down) = layout.windowRows == windowRows ? (inner, part) : (0, inner)
          let place = Int32((channel * places.channels + down * places.rows) / places.unit)
          found[place, default: Array(repeating: -1, count: order.height)][row - top] =
            nonzeros.slots[index]
        }
      }
    }
    let sorted = found.sorted { $0.key < $1.key }
    for rows in order.patterns {
      let own = sorted.filter { entry in
        !order.byPattern
          || entry.value.indices.allSatisfy { rows.contains($0) == (entry.value[$0] >= 0) }
      }
      counts.append(Int32(own.count))
      self.places += own.map(\.key)
      for entry in own { slots += rows.map { entry.value[$0] } }
    }
  }

  /// Takes the blocks of neighbouring channels of a row in a column of the window, by place.
  private mutating func takeBlocks(
    _ nonzeros: SparseNonzeros, _ row: Int, _ column: Int, _ places: PlaneTable.Places
  ) {
    let layout = nonzeros.layout
    var found: [(place: Int, slots: ArraySlice<Int>)] = []
    for part in 0..<layout.windowRows {
      var blocks = InputBlockLines()
      blocks.take(nonzeros, row * layout.groups + column * layout.windowRows + part)
      for (number, channel) in blocks.places.enumerated() {
        let place = (Int(channel) * places.channels + part * places.rows) / places.unit
        found.append((place, blocks.slots[(number * order.width)..<((number + 1) * order.width)]))
      }
    }
    found.sort { $0.place < $1.place }
    counts.append(Int32(found.count))
    self.places += found.map { Int32($0.place) }
    for block in found { slots += block.slots }
  }
}
