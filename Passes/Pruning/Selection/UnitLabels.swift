import CoppiceIR

/// Which unit each element of a weight belongs to; units are numbered by their first elements.
struct UnitLabels {
  /// The unit of each element; `nil` where each is one of its own.
  let labels: [Int32]?

  /// How many units there are.
  let count: Int

  /// Labels elements.
  ///
  /// - Complexity: O(*n*).
  init(_ grid: WeightGrid?, _ granularity: Granularity, elements: Int) {
    guard let grid, let (key, keys) = Self.keys(grid, granularity) else {
      (labels, count) = (nil, elements)
      return
    }
    var raw = [Int32](repeating: 0, count: elements)
    raw.withUnsafeMutableBufferPointer { raw in
      grid.forEach { group, row, column, tap in
        raw[grid.index(group, row, column, tap)] = Int32(
          truncatingIfNeeded: key(group, row, column, tap))
      }
    }
    (labels, count) = Self.numbered(raw, keys: keys)
  }

  /// The rows that `scope=row` ranks, for each unit: as many output channels as a unit spans.
  init(rowsOf grid: WeightGrid, _ granularity: Granularity, units: UnitLabels) {
    let height = min(granularity.rows, grid.rows)
    let bands = (grid.rows + height - 1) / height
    var rows = [Int32](repeating: 0, count: units.count)
    grid.forEach { group, row, column, tap in
      let unit = units[grid.index(group, row, column, tap)]
      rows[unit] = Int32(truncatingIfNeeded: group * bands + row / height)
    }
    labels = rows
    count = grid.groups * bands
  }

  /// The runs of `size` consecutive input channels of an output channel at one tap, for each element.
  init(runsOf grid: WeightGrid, _ size: Int) {
    let runs = (grid.columns + size - 1) / size
    var labels = [Int32](repeating: 0, count: grid.groups * grid.rows * grid.columns * grid.taps)
    grid.forEach { group, row, column, tap in
      let line = (group * grid.rows + row) * grid.taps + tap
      labels[grid.index(group, row, column, tap)] = Int32(
        truncatingIfNeeded: line * runs + column / size)
    }
    self.labels = labels
    count = grid.groups * grid.rows * grid.taps * runs
  }

  private typealias Key = (_ group: Int, _ row: Int, _ column: Int, _ tap: Int) -> Int

  private static func keys(_ grid: WeightGrid, _ granularity: Granularity) -> (Key, Int)? {
    switch granularity {
    case .element, .pattern: return nil
    case .row: return ({ group, row, _, _ in group * grid.rows + row }, grid.groups * grid.rows)
    case .column:
      return (
        { group, _, column, _ in group * grid.columns + column }, grid.groups * grid.columns
      )
    case .block(let height, let width):
      let down = (grid.rows + height - 1) / height
      let across = (grid.columns + width - 1) / width
      let key: Key = { group, row, column, tap in
        let line = (group * grid.taps + tap) * down + row / height
        return line * across + column / width
      }
      return (key, grid.groups * grid.taps * down * across)
    }
  }

  private static func numbered(_ raw: [Int32], keys: Int) -> ([Int32], Int) {
    var numbers = [Int32](repeating: -1, count: keys)
    var next: Int32 = 0
    let labels = raw.map { key -> Int32 in
      if numbers[Int(key)] < 0 {
        numbers[Int(key)] = next
        next += 1
      }
      return numbers[Int(key)]
    }
    return (labels, Int(next))
  }

  /// The unit of an element.
  @inline(__always)
  subscript(element: Int) -> Int { labels.map { Int($0[element]) } ?? element }
}
