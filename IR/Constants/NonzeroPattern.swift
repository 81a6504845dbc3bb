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
      let place = layout.places
      format.values.withUnsafeBytes { raw in
        format.forEachValue(constant.type.shape) { index, slot in
          if bits.isEmpty(raw, slot) { return }
          let (line, column) = place(index)
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
  ///   - width: Columns of a block: a power of two, at most 64.
  /// - Returns: Their number.
  public func blocks(height: Int, width: Int) -> Int {
    let (groups, columns) = (layout.groups, layout.columns)
    // A bit for each block of a word, where the first column of the block has its own.
    let firsts = stride(from: 0, to: 64, by: width).reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
    var count = 0
    for top in stride(from: 0, to: layout.rows, by: height) {
      let rows = top..<min(top + height, layout.rows)
      for group in 0..<groups {
        for first in stride(from: 0, to: columns, by: 64) {
          let size = min(64, columns - first)
          var found: UInt64 = 0
          for row in rows { found |= bits((row * groups + group) * columns + first, size) }
          var reach = 1
          while reach < width {
            found |= found >> UInt64(reach)
            reach *= 2
          }
          count += (found & firsts).nonzeroBitCount
        }
      }
    }
    return count
  }

  /// Visits the columns of a line, as in ``count(line:)``, that are there, ascending.
  @inline(__always)
  func forEachColumn(line: Int, _ body: (Int) -> Void) {
    let start = line * layout.columns
    for first in stride(from: 0, to: layout.columns, by: 64) {
      var found = bits(start + first, min(64, layout.columns - first))
      while found != 0 {
        body(first + found.trailingZeroBitCount)
        found &= found - 1
      }
    }
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
