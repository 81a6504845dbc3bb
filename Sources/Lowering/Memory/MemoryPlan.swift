public import CoppiceIR

/// Where every buffer of the arena lies.
public struct MemoryPlan: Sendable {
  /// Byte offsets by buffer number.
  public var offsets: [Int: Int]
  /// The arena's bytes.
  public var arenaBytes: Int
  /// The arena's alignment in bytes.
  public var alignment: Int
  /// The most bytes alive at any step, padding and scratch included.
  public var lowerBound: Int
  /// What is alive at the fullest step: names and bytes.
  public var peak: [(name: String, bytes: Int)]

  /// Plans the arena of a program: in place where steps allow it, then greedy by size, then a
  /// bounded search over orders of placement.
  ///
  /// - Parameters:
  ///   - program: Steps with their buffers.
  ///   - alignment: A power of two.
  /// - Complexity: O(tries x regions squared), tries bounded by a constant; of many thousand regions
  ///   O(regions x gaps).
  public init(_ program: Program, alignment: Int) {
    let regions = Regions(program, alignment: alignment)
    let placed = Placement.best(regions.list, lowerBound: regions.lowerBound)
    offsets = [:]
    for (index, region) in regions.list.enumerated() {
      for buffer in region.buffers { offsets[buffer] = placed.offsets[index] }
    }
    arenaBytes = placed.height
    self.alignment = alignment
    lowerBound = regions.lowerBound
    peak = regions.peak
  }
}

/// Buffers that share one place, and when they are alive.
struct Region: Sendable {
  var buffers: [Int]
  var name: String
  var bytes: Int
  var first: Int
  var last: Int

  func overlaps(_ other: Region) -> Bool { first <= other.last && other.first <= last }
}

/// The regions of a program.
struct Regions: Sendable {
  private(set) var list: [Region] = []
  private(set) var lowerBound = 0
  private(set) var peak: [(name: String, bytes: Int)] = []

  init(_ program: Program, alignment: Int) {
    var lives: [Int: (first: Int, last: Int)] = [:]
    for (step, access) in program.steps.lazy.map(\.access).enumerated() {
      for buffer in access.reads + access.writes {
        guard case .arena = program.slots[buffer.id].role else { continue }
        let life = lives[buffer.id] ?? (step, step)
        lives[buffer.id] = (min(life.first, step), max(life.last, step))
      }
    }
    var regionOf: [Int: Int] = [:]
    for (step, access) in program.steps.lazy.map(\.access).enumerated() {
      for buffer in access.writes where regionOf[buffer.id] == nil {
        guard let life = lives[buffer.id] else { continue }
        let bytes = Self.bytes(buffer, alignment)
        let reusable = program.steps[step].inPlace[buffer, default: []].first { old in
          guard let region = regionOf[old.id] else { return false }
          return list[region].last == step && Self.bytes(old, alignment) == bytes
        }
        if let reusable, let region = regionOf[reusable.id] {
          list[region].buffers.append(buffer.id)
          list[region].last = life.last
          regionOf[buffer.id] = region
        } else {
          regionOf[buffer.id] = list.count
          list.append(
            Region(
              buffers: [buffer.id], name: program.slots[buffer.id].name, bytes: bytes,
              first: life.first, last: life.last))
        }
      }
    }
    findPeak(steps: program.steps.count)
  }

  /// The first step at which the most bytes are alive.
  private mutating func findPeak(steps: Int) {
    var changes = [Int](repeating: 0, count: steps + 1)
    for region in list {
      changes[region.first] += region.bytes
      changes[region.last + 1] -= region.bytes
    }
    var (sum, fullest) = (0, 0)
    for step in 0..<steps {
      sum += changes[step]
      if sum > lowerBound { (lowerBound, fullest) = (sum, step) }
    }
    guard lowerBound > 0 else { return }
    peak = list.filter { $0.first <= fullest && fullest <= $0.last }
      .map { ($0.name, $0.bytes) }.sorted { $0.bytes > $1.bytes }
  }

  private static func bytes(_ buffer: Buffer, _ alignment: Int) -> Int {
    let bytes = max(buffer.element.byteCount(buffer.count), 1)
    return (bytes + alignment - 1) / alignment * alignment
  }
}
