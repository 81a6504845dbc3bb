/// The order in which the columns of a layer are taken up, and the runs of them that go together.
///
/// Columns lie in memory in the reverse of that order, in slots: the inverse of what is left of a
/// Hessian is then the factor that grows from its start.
package struct ColumnOrder: Sendable {
  /// Input channel and tap of each slot.
  package let slots: [(channel: Int, tap: Int)]
  /// The runs of slots that go together, in the order in which they are taken up.
  package let units: [Range<Int>]

  /// Orders the columns of a group.
  ///
  /// - Parameters:
  ///   - channels: Input channels of a group.
  ///   - taps: Taps of the window.
  ///   - granularity: Blocks and patterns lie in the channels of a tap; else all taps of a channel
  ///     stand side by side.
  init(channels: Int, taps: Int, _ granularity: Granularity) {
    let count = channels * taps
    var columns: [(Int, Int)] = []
    var ends: [Int] = []
    switch granularity {
    case .block(_, let width), .pattern(_, of: let width):
      for tap in 0..<taps {
        for channel in 0..<channels {
          columns.append((channel, tap))
          if (channel + 1) % width == 0 || channel == channels - 1 { ends.append(columns.count) }
        }
      }
    case .element, .row, .column:
      for channel in 0..<channels {
        for tap in 0..<taps { columns.append((channel, tap)) }
        if granularity == .column { ends.append(columns.count) }
      }
      if granularity != .column { ends = Array(1...max(count, 1)) }
    }
    slots = columns.reversed()
    var start = 0
    units = ends.map { end in
      defer { start = end }
      return (count - end)..<(count - start)
    }
  }

  /// The units in stretches of at most so many columns, but of at least one unit.
  func stretches(_ columns: Int) -> [Range<Int>] {
    var stretches: [Range<Int>] = []
    var first = 0
    for (index, unit) in units.enumerated() {
      let width = units[first].upperBound - unit.lowerBound
      if width > columns, index > first {
        stretches.append(first..<index)
        first = index
      }
    }
    if first < units.count { stretches.append(first..<units.count) }
    return stretches
  }
}
