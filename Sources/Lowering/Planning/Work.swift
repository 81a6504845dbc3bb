/// How often a kernel does each of the things that take its time.
///
/// A form counts them in its plan; a target's file says what each takes, as measured.
struct Work: Sendable {
  /// What takes time.
  enum Step: Int, CaseIterable, Sendable {
    /// Entering a tile: addresses, first values, the end of its sums.
    case tile
    /// Entering a loop inside a tile: a row of the window, or the nonzeros of a tap.
    case line
    /// A turn of the innermost loop.
    case step
    /// Loads in the innermost loop, of numbers or vectors.
    case load
    /// Multiply-accumulates of the widest vectors, or of numbers where there are none.
    case fma
    /// Turns of the innermost loop that wait for sums, because too few are under way.
    case chain
    /// Loads and stores too far from their neighbours for the offset of one instruction, or for
    /// vectors that would take them together, and vectors that may lie across two lines of the cache.
    case reach
    /// Numbers or vectors that are stored.
    case store
    /// Operators of the tail, for each number or vector that is stored.
    case tail
    /// Elements that are copied or zeroed beforehand.
    case copy
    /// Rows that are copied each in a loop of its own, or pieces of them that are taken apart.
    case row
    /// Bits of a bitmap that are tested.
    case bit
    /// Branches that a predictor cannot learn, such as bits of a bitmap, and lines whose instructions
    /// come from beyond the first cache.
    case miss
    /// Bytes of weights, or of activations that are read again and again, from beyond the first cache.
    case near
    /// Bytes of weights, or of all that a node reads and writes, from beyond the second cache.
    case far
    /// A result that a program stores as it is in the end, with its tail.
    case result
    /// Vectors whose lanes are moved to others.
    case move
    /// Bytes of activations and scratch memory that a node reads and writes beyond what the first
    /// cache holds.
    case stream
    /// Multiply-accumulates of narrower vectors: cores that work on wide ones by halves (Zen 4) take
    /// half the time for them, others (Zen 5) all of it.
    case narrow
    /// Loads from a page of memory whose address has to be looked up again.
    case page
  }

  private var counts = SIMD32<Double>()

  subscript(_ step: Step) -> Double {
    get { counts[step.rawValue] }
    set { counts[step.rawValue] = newValue }
  }

  /// Counts weights that are read again and again.
  ///
  /// - Parameters:
  ///   - bytes: What is read in one pass.
  ///   - passes: How often it is read.
  ///   - target: Says what its caches hold.
  mutating func reads(_ bytes: Int, passes: Double, _ target: Target) {
    guard let caches = target.caches else { return }
    self[.far] += Double(max(0, bytes - caches.second)) * passes
    self[.near] += Double(max(0, min(bytes, caches.second) - caches.first)) * passes
  }

  /// Counts multiply-accumulates.
  ///
  /// - Parameters:
  ///   - count: How many instructions.
  ///   - lanes: Their lanes.
  ///   - widest: Lanes of the widest vectors of the target.
  mutating func multiplies(_ count: Double, lanes: Int, widest: Int) {
    self[lanes < widest ? .narrow : .fma] += count
  }

  /// Counts turns that wait for their sums: eight under way hide what one takes.
  ///
  /// - Parameters:
  ///   - turns: How many turns.
  ///   - sums: Sums that are under way.
  mutating func waits(_ turns: Double, sums: Int) {
    self[.chain] += turns * max(0, 1 - Double(sums) / 8)
  }

  /// Counts what a node reads and writes beside its weights.
  ///
  /// - Parameters:
  ///   - bytes: Operands, results, and scratch memory once for each way.
  ///   - target: Says what its caches hold.
  mutating func streams(_ bytes: Int, _ target: Target) {
    guard let caches = target.caches else { return }
    self[.stream] = Double(max(0, bytes - caches.first))
    self[.far] += Double(max(0, bytes - caches.second))
  }

  /// Counts planes that are entered one after the other, on more pages than are known at once.
  ///
  /// - Parameters:
  ///   - planes: How many there are.
  ///   - bytes: From one to the next.
  ///   - times: How often one is entered.
  ///   - target: Says how many pages are known.
  mutating func enters(_ planes: Int, apart bytes: Int, times: Double, _ target: Target) {
    guard let caches = target.caches else { return }
    let pages = Double(planes * min(bytes, Self.pageBytes)) / Double(Self.pageBytes)
    let beyond = (pages - Double(caches.pages)) / Double(caches.pages / 2)
    self[.page] += times * min(1, max(0, beyond))
  }

  /// Bytes of a page of memory.
  private static let pageBytes = 4096

  /// Counts elements that are copied, twice where they come from beyond the first cache.
  ///
  /// - Parameters:
  ///   - elements: What is written, with more for what takes longer.
  ///   - bytes: What is read and written.
  ///   - target: Says what its caches hold.
  mutating func copies(_ elements: Double, bytes: Int, _ target: Target) {
    self[.copy] += elements
    if let caches = target.caches, bytes > caches.first {
      self[.copy] += elements * Double(bytes - caches.first) / Double(bytes)
    }
  }

  /// Counts what lies too far from the first of its neighbours for the offset of one instruction.
  ///
  /// - Parameters:
  ///   - places: Where the neighbours lie, in elements from the first.
  ///   - times: How often they are met.
  ///   - target: Says how far an instruction reaches.
  mutating func reaches(_ places: some Sequence<Int>, times: Double, _ target: Target) {
    guard let reach = target.reach else { return }
    self[.reach] += Double(places.count { abs($0) * 4 > reach }) * times
  }

  /// Counts the bits of a bitmap.
  ///
  /// - Parameters:
  ///   - weight: The bitmap, or another format, which has none.
  ///   - passes: How often it is read.
  ///   - unrolled: Whether all bits are tested.
  ///   - learnt: As many bits of a pattern a branch predictor knows by heart.
  mutating func tests(
    _ weight: SparseWeight, passes: Double, unrolled: Bool = false, learnt: Double = 8192
  ) {
    self[.bit] = (unrolled ? weight.bits : weight.turns) * passes
    if weight.bits > learnt {
      self[.miss] = min(weight.slots, weight.bits - weight.slots) * passes
    }
  }

  /// What the work takes.
  ///
  /// - Parameter costs: What each step takes.
  /// - Returns: In the unit of the costs.
  func cost(_ costs: [Step: Double]) -> Double {
    var sum = 0.0
    for step in Step.allCases where self[step] != 0 { sum += self[step] * (costs[step] ?? 0) }
    return sum
  }

  /// The counts that are not zero, in a fixed order.
  var list: [(step: Step, count: Double)] {
    Step.allCases.compactMap { step in self[step] == 0 ? nil : (step, self[step]) }
  }
}
