/// How the vectors of a plane are cut into tiles.
struct PlaneTiling {
  let lanes: Int
  /// Vectors of a tile.
  let size: Int
  /// Tiles of that size.
  let whole: Int
  /// Vectors of the last tile, which may be more than of the others; 0 for none.
  let rest: Int

  /// Cuts a plane.
  ///
  /// - Parameters:
  ///   - count: Elements of a plane of results.
  ///   - width: Elements of a row, on whose borders tiles begin; 1 where that does not matter.
  ///   - lanes: Of a vector.
  ///   - most: Vectors that a tile should have at most.
  ///   - limit: Vectors that it may have where it would not begin on borders of rows else.
  ///   - separate: Whether a last vector that is not full stands in a tile of its own kind.
  init?(
    _ count: Int, width: Int, lanes: Int, most: Int, limit: Int, separate: Bool
  ) {
    let vectors = (count + lanes - 1) / lanes
    var (a, b) = (width, lanes)
    while b != 0 { (a, b) = (b, a % b) }
    let unit = width / a
    self.lanes = lanes
    guard vectors > most, unit <= limit || vectors > limit else {
      (size, whole, rest) = (vectors, 0, vectors)
      return
    }
    guard unit <= limit else { return nil }
    let largest = max(1, most / unit) * unit
    let tiles = (vectors + largest - 1) / largest
    var size = (vectors + tiles * unit - 1) / (tiles * unit) * unit
    var (whole, rest) = (vectors / size, vectors % size)
    let shorter = vectors / tiles
    let last = vectors - (tiles - 1) * shorter
    if width == 1, rest > 0, rest + 1 < size, last <= most {
      // Few sums wait for each other: the last tile is rather the longest than much the shortest.
      (size, whole, rest) = (shorter, tiles - 1, last)
    }
    if separate, rest == 0, count % lanes != 0 { (whole, rest) = (whole - 1, size) }
    (self.size, self.whole, self.rest) = (size, whole, rest)
  }

  /// Tiles in all.
  var tiles: Int { whole + (rest > 0 ? 1 : 0) }

  /// Vectors in all.
  var vectors: Int { whole * size + rest }
}
