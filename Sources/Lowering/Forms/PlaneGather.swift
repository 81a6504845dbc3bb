import CoppiceIR

/// How a vector finds elements of a plane that lie apart: loads, and which of their lanes it takes.
struct PlaneGather {
  /// Where loads begin.
  let starts: [Int]
  /// For each lane its load and the lane there; `nil` where any will do.
  private let sources: [(load: Int, lane: Int)?]

  /// Covers the places of a vector's lanes with loads of as many elements.
  ///
  /// - Parameter places: Where each lane's element lies, counted from where loads are counted from;
  ///   `nil` where any will do, of which there is one that is not.
  init(_ places: [Int?]) {
    var starts: [Int] = []
    var open = places.compactMap { $0 }.sorted()
    while let first = open.first {
      starts.append(first)
      open.removeAll { $0 < first + places.count }
    }
    self.starts = starts
    sources = places.map { place in
      guard let place, let load = starts.lastIndex(where: { $0 <= place }) else { return nil }
      return (load, place - starts[load])
    }
  }

  /// Where the last load ends.
  var end: Int { (starts.last ?? 0) + sources.count }

  /// Times that lanes are moved.
  var moves: Int { isRun ? 0 : max(1, starts.count - 1) }

  private var isRun: Bool {
    starts.count == 1 && sources.enumerated().allSatisfy { $1 == nil || $1?.lane == $0 }
  }

  /// Loads the elements.
  ///
  /// - Parameters:
  ///   - buffer: Where they lie.
  ///   - base: Where places are counted from.
  ///   - builder: Takes the definitions.
  /// - Returns: The vector.
  func value(_ buffer: Buffer, _ base: Expr, _ builder: LoopBuilder) -> Expr {
    let lanes = sources.count
    let loads = starts.map { Expr.load(buffer, base + $0, lanes: lanes) }
    if isRun { return loads[0] }
    return (1..<max(2, loads.count)).reduce(builder.define("v", loads[0])) { value, number in
      let order = sources.enumerated().map { lane, source -> Int in
        guard let source else { return lane }
        if source.load == number { return lanes + source.lane }
        return number == 1 && source.load == 0 ? source.lane : lane
      }
      let other = number < loads.count ? builder.define("v", loads[number]) : value
      return builder.define("v", .shuffle(value, other, order))
    }
  }
}
