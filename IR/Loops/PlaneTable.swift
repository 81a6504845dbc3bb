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
    let groups = (layout.rows + order.height - 1) / order.height
    let lines = groups * layout.windowColumns * order.patterns.count
    let counts = lines * indexBytes(longest(layout))
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
    var entries = PlaneEntries(nonzeros, order, places, windowRows: windowRows)
    for top in stride(from: 0, to: layout.rows, by: order.height) {
      for column in order.columns { entries.take(top, column) }
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
  private let nonzeros: SparseNonzeros
  /// Where each cell of a column of the window has its activation, and the cells by that.
  private let cells: (places: [Int32], sorted: [Int])
  /// For each cell and row of a group the element that is there, or -1; none between groups.
  private var found: [Int]
  /// For each cell a bit for each row of a group that has it.
  private var rows: [Int]

  init(
    _ nonzeros: SparseNonzeros, _ order: PlaneTable.Order, _ places: PlaneTable.Places,
    windowRows: Int
  ) {
    let layout = nonzeros.layout
    let all = (0..<(layout.columns * layout.windowRows)).map { cell in
      let (inner, part) = cell.quotientAndRemainder(dividingBy: layout.windowRows)
      let (channel, down) = layout.windowRows == windowRows ? (inner, part) : (0, inner)
      return Int32((channel * places.channels + down * places.rows) / places.unit)
    }
    (self.nonzeros, self.order) = (nonzeros, order)
    cells = (all, all.indices.sorted { (all[$0], $0) < (all[$1], $1) })
    found = Array(repeating: -1, count: all.count * order.height)
    rows = Array(repeating: 0, count: all.count)
  }

  /// Takes the nonzeros of a group of rows in a column of the window, by place.
  mutating func take(_ top: Int, _ column: Int) {
    if order.width > 1 { return takeBlocks(top, column) }
    let (layout, height) = (nonzeros.layout, order.height)
    for row in top..<min(top + height, layout.rows) {
      for part in 0..<layout.windowRows {
        for index in nonzeros.range(row * layout.groups + column * layout.windowRows + part) {
          let cell = Int(nonzeros.columns[index]) * layout.windowRows + part
          found[cell * height + row - top] = nonzeros.slots[index]
          rows[cell] |= 1 << (row - top)
        }
      }
    }
    let met = cells.sorted.filter { rows[$0] != 0 }
    if order.byPattern {
      for pattern in order.patterns {
        let bits = pattern.reduce(0) { $0 | 1 << $1 }
        append(met.lazy.filter { [rows] in rows[$0] == bits }, pattern)
      }
    } else {
      append(met, Array(0..<height))
    }
    for cell in met {
      rows[cell] = 0
      for row in 0..<height { found[cell * height + row] = -1 }
    }
  }

  /// Appends cells that belong together, with elements of the same rows.
  private mutating func append(_ cells: some Sequence<Int>, _ rows: [Int]) {
    let before = places.count
    for cell in cells {
      places.append(self.cells.places[cell])
      for row in rows { slots.append(found[cell * order.height + row]) }
    }
    counts.append(Int32(places.count - before))
  }

  /// Takes the blocks of neighbouring channels of a row in a column of the window, by place.
  private mutating func takeBlocks(_ row: Int, _ column: Int) {
    let layout = nonzeros.layout
    var found: [(place: Int32, slots: ArraySlice<Int>)] = []
    for part in 0..<layout.windowRows {
      var blocks = InputBlockLines()
      blocks.take(nonzeros, row * layout.groups + column * layout.windowRows + part)
      for (number, channel) in blocks.places.enumerated() {
        let place = cells.places[Int(channel) * layout.windowRows + part]
        found.append((place, blocks.slots[(number * order.width)..<((number + 1) * order.width)]))
      }
    }
    found.sort { $0.place < $1.place }
    counts.append(Int32(found.count))
    places += found.map(\.place)
    for block in found { slots += block.slots }
  }
}
