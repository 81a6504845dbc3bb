/// Offsets for regions, found by placing them one after the other at the lowest free place.
struct Placement: Sendable {
  var offsets: [Int]
  var height: Int

  /// Enough for every model seen to reach its bound, and bounded for those that cannot.
  private static let tries = 600

  /// Above so many regions, comparing each with each takes too long.
  private static let most = 3000

  /// The best of several greedy orders and of random swaps in the best of them.
  ///
  /// - Parameters:
  ///   - regions: What to place.
  ///   - lowerBound: Where the search may stop.
  /// - Returns: The lowest placement found; the same for the same regions.
  static func best(_ regions: [Region], lowerBound: Int) -> Placement {
    if regions.count > most { return Placement(sweeping: regions) }
    var order = Array(regions.indices)
    let bySize = order.sorted { a, b in
      regions[a].bytes != regions[b].bytes ? regions[a].bytes > regions[b].bytes : a < b
    }
    let byLength = order.sorted { a, b in
      let (x, y) = (regions[a].last - regions[a].first, regions[b].last - regions[b].first)
      return x != y ? x > y : a < b
    }
    var best = Placement(regions, order)
    for candidate in [bySize, byLength] {
      let placed = Placement(regions, candidate)
      if placed.height < best.height { (best, order) = (placed, candidate) }
    }
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    let limit = regions.count > 400 ? tries / 10 : tries
    for _ in 0..<limit where best.height > lowerBound && regions.count > 1 {
      var other = order
      other.swapAt(random(other.count), random(other.count))
      let placed = Placement(regions, other)
      if placed.height <= best.height { (best, order) = (placed, other) }
    }
    return best
  }

  /// Places regions in the order of their lives, each in the lowest gap that is free by then.
  private init(sweeping regions: [Region]) {
    offsets = Array(repeating: 0, count: regions.count)
    height = 0
    var gaps = Gaps()
    let starts = regions.indices.sorted { a, b in
      let (x, y) = (regions[a], regions[b])
      if x.first != y.first { return x.first < y.first }
      return x.bytes != y.bytes ? x.bytes > y.bytes : a < b
    }
    var ends = regions.indices.sorted { regions[$0].last > regions[$1].last }
    for index in starts {
      while let done = ends.last, regions[done].last < regions[index].first {
        ends.removeLast()
        gaps.add(offsets[done]..<(offsets[done] + regions[done].bytes))
      }
      offsets[index] = gaps.take(regions[index].bytes)
    }
    height = gaps.end
  }

  private init(_ regions: [Region], _ order: [Int]) {
    offsets = Array(repeating: 0, count: regions.count)
    height = 0
    var placed: [Int] = []
    for index in order {
      let region = regions[index]
      let taken = placed.filter { regions[$0].overlaps(region) }
        .map { (start: offsets[$0], end: offsets[$0] + regions[$0].bytes) }
        .sorted { $0.start < $1.start }
      var offset = 0
      for range in taken where range.end > offset {
        if range.start >= offset + region.bytes { break }
        offset = range.end
      }
      offsets[index] = offset
      height = max(height, offset + region.bytes)
      placed.append(index)
    }
  }
}

/// What is free below the end of an arena that is being filled, in order of address.
private struct Gaps {
  private var list: [Range<Int>] = []
  private(set) var end = 0

  /// Takes the lowest place of so many bytes.
  mutating func take(_ bytes: Int) -> Int {
    if let index = list.firstIndex(where: { $0.count >= bytes }) {
      let start = list[index].lowerBound
      let rest = (start + bytes)..<list[index].upperBound
      if rest.isEmpty { list.remove(at: index) } else { list[index] = rest }
      return start
    }
    var start = end
    if let last = list.last, last.upperBound == end {
      start = last.lowerBound
      list.removeLast()
    }
    end = start + bytes
    return start
  }

  /// Gives a place back, joined with the gaps beside it.
  mutating func add(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    var low = 0
    var high = list.count
    while low < high {
      let middle = (low + high) / 2
      if list[middle].lowerBound < range.lowerBound { low = middle + 1 } else { high = middle }
    }
    var joined = range
    if low < list.count, list[low].lowerBound == joined.upperBound {
      joined = joined.lowerBound..<list[low].upperBound
      list.remove(at: low)
    }
    if low > 0, list[low - 1].upperBound == joined.lowerBound {
      list[low - 1] = list[low - 1].lowerBound..<joined.upperBound
    } else {
      list.insert(joined, at: low)
    }
  }
}
