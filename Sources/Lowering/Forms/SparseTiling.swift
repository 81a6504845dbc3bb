import CoppiceIR

/// How the results of a convolution are cut into tiles of which every tap knows, when the code is
/// made, the columns that it meets.
///
/// Rows: tiles of several rows where windows lie inside from top to bottom, single rows at the
/// edges, whose range of taps is computed; or one tile for all, when the whole plane is small.
struct SparseTiling {
  /// Columns of the window that meet the same columns of a tile.
  struct Segment {
    var taps: Range<Int>
    var columns: Range<Int>
  }

  /// Tiles beside each other that look alike.
  struct Piece {
    var start: Int
    var width: Int
    var repeats: Int
    var segments: [Segment]
    /// Where vectors begin, and their lanes; none for single results.
    var vectors: [(column: Int, lanes: Int)] = []

    /// The parts of one row of a tile.
    func parts(row: Int, _ steps: (row: Int, column: Int)) -> [TilePart] {
      let columns = vectors.isEmpty ? (0..<width).map { (column: $0, lanes: 1) } : vectors
      return columns.map {
        TilePart(
          x: row * steps.row + $0.column * steps.column, lanes: $0.lanes, row: row,
          column: $0.column)
      }
    }
  }

  let pieces: [Piece]
  /// Rows of a tile of inner rows.
  let innerRows: Int
  /// Inner rows in such tiles.
  let inner: Range<Int>
  let isWhole: Bool

  /// Cuts the results of a convolution; `nil` when the code would grow too long.
  ///
  /// - Parameters:
  ///   - g: The convolution.
  ///   - layout: Of its weights.
  ///   - positions: Results that a tile may have.
  init?(_ g: ConvolutionGeometry, _ layout: SparseLayout, positions: Int) {
    let isSmall = g.outHeight > 1 && g.outHeight * g.outWidth <= positions
    isWhole = isSmall && layout.windowRows == g.window.kernel[0]
    let width = min(positions, g.outWidth)
    pieces = Self.pieces(g, width)
    let rows = g.innerRows
    innerRows = max(1, min(positions / width, rows.count))
    let count = innerRows == 1 ? 0 : rows.count / innerRows * innerRows
    inner = rows.lowerBound..<(rows.lowerBound + count)
    let bodies = pieces.map(\.segments.count).reduce(0, +)
    let taps = g.window.kernel[0] * g.window.kernel[1]
    guard bodies <= 16, !isWhole || taps <= 12 else { return nil }
  }

  /// Cuts the results of a convolution whose operand has its padding around it.
  ///
  /// - Parameters:
  ///   - g: The convolution.
  ///   - lanes: Lanes of a vector.
  ///   - height: Rows of weights that are read together.
  ///   - overlapping: Whether a result may be computed and stored twice.
  init(_ g: ConvolutionGeometry, vectors lanes: Int, height: Int, overlapping: Bool) {
    isWhole = false
    let registers = lanes * g.arithmetic.bytes == 64 ? 16 : 8
    let most = height == 1 ? 8 : max(1, registers / height)
    let all = 0..<g.window.kernel[1]
    func piece(_ start: Int, _ width: Int, _ repeats: Int) -> Piece {
      var piece = Piece(
        start: start, width: width, repeats: repeats,
        segments: [Segment(taps: all, columns: 0..<width)])
      piece.vectors = Self.vectors(width, lanes, g.arithmetic, overlapping)
      return piece
    }
    let wide = min(most, 4) * lanes
    let (count, rest) = (g.outWidth / wide, g.outWidth % wide)
    var pieces = count > 0 ? [piece(0, wide, count)] : []
    if rest > 0 { pieces.append(piece(count * wide, rest, 1)) }
    self.pieces = pieces
    let parts = pieces.map(\.vectors.count).max() ?? 1
    let rowBytes = g.x.shape[1] * g.strideH * g.arithmetic.bytes
    let cached = max(2, 49152 / max(rowBytes, 1) - g.window.reach(0) + 1)
    innerRows = max(1, min(most / parts, cached, g.outHeight))
    inner = 0..<(innerRows == 1 ? 0 : g.outHeight / innerRows * innerRows)
  }

  /// The vectors of a row: full ones, the last overlapping the one before, or halved ones.
  private static func vectors(
    _ width: Int, _ lanes: Int, _ arithmetic: Arithmetic, _ overlapping: Bool
  ) -> [(column: Int, lanes: Int)] {
    var size = lanes
    while size > max(width, 16 / arithmetic.bytes) { size /= 2 }
    if !overlapping || width < size {
      return TilePart.run(width, lanes, arithmetic).map { ($0.column, $0.lanes) }
    }
    let starts = stride(from: 0, to: width, by: size).map { min($0, width - size) }
    return starts.map { ($0, size) }
  }

  /// Tiles of all results, parts in all of them, and those parts that have so many lanes.
  func counts(
    _ g: ConvolutionGeometry, lanes: Int = 1
  ) -> (tiles: Double, parts: Double, whole: Double) {
    let rows = isWhole ? 1 : inner.count / innerRows + g.outHeight - inner.count
    var (columns, parts, whole) = (0, 0, 0)
    for piece in pieces {
      columns += piece.repeats
      let isScalar = piece.vectors.isEmpty
      parts += piece.repeats * (isScalar ? piece.width : piece.vectors.count)
      whole += piece.repeats * piece.vectors.count { $0.lanes == lanes }
    }
    return (Double(rows * columns), Double(parts * g.outHeight), Double(whole * g.outHeight))
  }

  private static func pieces(_ g: ConvolutionGeometry, _ width: Int) -> [Piece] {
    var result: [Piece] = []
    var start = 0
    while start < g.outWidth {
      let size = min(width, g.outWidth - start)
      let isInner = g.inner.lowerBound <= start && start + size <= g.inner.upperBound
      if isInner, let last = result.last, last.width == size, last.segments.count == 1,
        last.segments[0].columns == 0..<size
      {
        result[result.count - 1].repeats += 1
      } else {
        result.append(
          Piece(start: start, width: size, repeats: 1, segments: segments(g, start, size)))
      }
      start += size
    }
    return result
  }

  private static func segments(_ g: ConvolutionGeometry, _ start: Int, _ width: Int) -> [Segment] {
    var result: [Segment] = []
    for tap in 0..<g.window.kernel[1] {
      let columns = met(g, axis: 1, tap, start, width)
      if let last = result.last, last.columns == columns {
        result[result.count - 1].taps = last.taps.lowerBound..<(tap + 1)
      } else {
        result.append(Segment(taps: tap..<(tap + 1), columns: columns))
      }
    }
    return result
  }

  /// The results of a tile that a tap meets along an axis.
  static func met(
    _ g: ConvolutionGeometry, axis: Int, _ tap: Int, _ start: Int, _ count: Int
  ) -> Range<Int> {
    let w = g.window
    let extent = axis == 0 ? g.height : g.width
    let inside = (0..<count).filter {
      let place = (start + $0) * w.strides[axis] - w.begin[axis] + tap * w.dilations[axis]
      return 0 <= place && place < extent
    }
    guard let first = inside.first, let last = inside.last else { return 0..<0 }
    return first..<(last + 1)
  }
}
