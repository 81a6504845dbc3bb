/// Which elements of a weight are there, a bit for each in the order that kernels read.
public struct NonzeroPattern: Sendable {
  /// Rows and groups.
  public let layout: SparseLayout
  /// The elements that are there.
  public let count: Int
  private var words: [UInt64]

  /// Looks at a constant.
  ///
  /// - Parameters:
  ///   - constant: A weight.
  ///   - layout: Of its shape, or another of the same elements.
  /// - Complexity: O(*n*), of the elements that are there.
  public init(_ constant: Constant, _ layout: SparseLayout) {
    let bits = ElementBits(constant.type.element)
    self.layout = layout
    var words = [UInt64](repeating: 0, count: (constant.type.count + 63) / 64 + 1)
    func mark(_ line: Int, _ column: Int) {
      let place = line * layout.columns + column
      words[place / 64] |= 1 << UInt64(place % 64)
    }
    if let format = constant.storage.format {
      format.values.withUnsafeBytes { raw in
        format.forEachValue(constant.type.shape) { index, slot in
          if bits.isEmpty(raw, slot) { return }
          let (line, column) = layout.place(index)
          mark(line, column)
        }
      }
    } else if constant.type.element.bits > 0 {
      constant.dense.withUnsafeBytes { raw in
        layout.forEachElement { index, line, column in
          if !bits.isEmpty(raw, index) { mark(line, column) }
        }
      }
    }
    count = words.reduce(0) { $0 + $1.nonzeroBitCount }
    self.words = words
  }

  /// Up to 64 elements.
  private func bits(_ start: Int, _ count: Int) -> UInt64 {
    let shift = UInt64(start % 64)
    let low = words[start / 64] >> shift
    let both = shift == 0 ? low : low | words[start / 64 + 1] << (64 - shift)
    return count == 64 ? both : both & (1 << UInt64(count) - 1)
  }

  /// The elements that are there, of a group of a row.
  ///
  /// - Parameter line: The number of the row times the groups of a row, and that of the group.
  /// - Returns: Their number.
  public func count(line: Int) -> Int {
    let end = (line + 1) * layout.columns
    return stride(from: line * layout.columns, to: end, by: 64).reduce(0) {
      $0 + bits($1, min(64, end - $1)).nonzeroBitCount
    }
  }

  /// The blocks of neighbouring rows and columns of a group in which an element is there.
  ///
  /// - Parameters:
  ///   - height: Rows of a block.
  ///   - width: Columns of a block, at most 64.
  /// - Returns: Their number.
  public func blocks(height: Int, width: Int) -> Int {
    let (groups, columns) = (layout.groups, layout.columns)
    var count = 0
    for top in stride(from: 0, to: layout.rows, by: height) {
      let rows = top..<min(top + height, layout.rows)
      for group in 0..<groups {
        for first in stride(from: 0, to: columns, by: width) {
          let size = min(width, columns - first)
          let isThere = rows.contains {
            bits(($0 * groups + group) * columns + first, size) != 0
          }
          if isThere { count += 1 }
        }
      }
    }
    return count
  }

  /// The columns of `height` neighbouring rows in which an element is there.
  ///
  /// - Parameter height: Rows that are looked at together.
  /// - Returns: Their number.
  public func runs(height: Int) -> Int {
    let width = layout.groups * layout.columns
    var count = 0
    for top in stride(from: 0, to: layout.rows, by: height) {
      let rows = top..<min(top + height, layout.rows)
      for column in stride(from: 0, to: width, by: 64) {
        let size = min(64, width - column)
        let found = rows.reduce(UInt64(0)) { $0 | bits($1 * width + column, size) }
        count += found.nonzeroBitCount
      }
    }
    return count
  }
}
