import CoppiceIR

/// How vectors of one width cover planes, and how columns beside a result's own are met with them.
struct PlaneCut {
  let tiling: PlaneTiling
  let aside: Aside
  /// Whether tiles begin where rows do.
  let isByRows: Bool

  /// How columns of a window beside a result's own are met.
  enum Aside {
    /// Sums move by lanes from one column to the next.
    case moving
    /// They do, and those on one side of a result wait in memory for those on the other, so that
    /// registers hold those of one side alone.
    case waiting
    /// So do those of all channels, one side of which is computed first.
    case waitingForAll
    /// Activations are read from beside, those of other rows as zeros.
    case reading
  }

  /// Cuts planes; where a row has too many vectors for a tile, tiles begin anywhere in it, and
  /// activations are read from beside.
  ///
  /// - Parameters:
  ///   - g: The convolution.
  ///   - columns: Of its window.
  ///   - height: Rows of weights that are taken together.
  ///   - aside: How columns beside a result's own are met if tiles begin where rows do.
  ///   - target: Says what registers there are.
  ///   - lanes: Of a vector.
  ///   - separate: Whether a last vector that is not full stands in a tile of its own kind.
  init?(
    _ g: ConvolutionGeometry, _ columns: WindowColumns, height: Int, _ aside: Aside,
    _ target: Target, lanes: Int, separate: Bool
  ) {
    let registers = target.accumulators(lanes: lanes, of: g.arithmetic.element)
    func tiling(_ aside: Aside, width: Int, most bound: Int) -> PlaneTiling? {
      let (most, limit) = Self.most(g, columns, height, aside, registers, lanes)
      return PlaneTiling(
        g.outHeight * g.outWidth, width: width, lanes: lanes, most: min(most, bound),
        limit: min(limit, bound), separate: separate)
    }
    // Which lanes of a vector have an activation beside is kept in a register too; the longest vectors
    // have such of their own.
    let anywhere = lanes * g.arithmetic.bytes == 64 ? Int.max : max(1, registers / (height + 1))
    if let tiling = tiling(aside, width: columns.moves ? g.width : 1, most: .max) {
      (self.tiling, self.aside, isByRows) = (tiling, aside, columns.moves)
    } else if let tiling = tiling(.reading, width: 1, most: anywhere) {
      (self.tiling, self.aside, isByRows) = (tiling, .reading, false)
    } else {
      return nil
    }
  }

  /// Whether tiles look up where rows end.
  var readsEdges: Bool { aside == .reading && !isByRows && tiling.whole > 0 }

  /// Bytes of activations that a tile should read again and again at most, about what a first cache
  /// holds.
  private static let tileBytes = 40960

  /// Vectors that a tile should have at most, and those that it may have.
  private static func most(
    _ g: ConvolutionGeometry, _ columns: WindowColumns, _ height: Int, _ aside: Aside,
    _ registers: Int, _ lanes: Int
  ) -> (Int, limit: Int) {
    if aside == .waitingForAll { return (max(1, registers / height), max(1, registers / height)) }
    let sets = aside == .moving && columns.areOnBothSides ? 2 : 1
    let vector = g.x.shape[1] / g.group * lanes * g.arithmetic.bytes
    let cached = max(height == 1 ? 5 : 3, tileBytes / max(vector, 1))
    let limit = max(1, min(registers / sets / height, height == 1 ? 8 : 6))
    // With more sums than sixteen that are moved, gcc keeps some in memory.
    let isMoved = columns.moves && aside != .reading
    let most = isMoved && height > 1 ? max(1, 16 / height) : limit
    return (min(limit, most, cached), limit)
  }
}
