/// Operations without branches on float32 and indices, run one after the other by a single loop.
///
/// Nearly all the time of a model goes to loading numbers and adding products to sums. As operations
/// of a tape these take a few ns each, a tenth of what closures take.
struct Tape {
  /// An index: a constant and up to three variables with factors.
  struct Place {
    var constant: Int64
    var first: (slot: UnsafeMutablePointer<Int64>, factor: Int64)
    var second: (slot: UnsafeMutablePointer<Int64>, factor: Int64)
    var third: (slot: UnsafeMutablePointer<Int64>, factor: Int64)

    @inline(__always)
    var index: Int64 {
      first.slot.pointee &* first.factor &+ second.slot.pointee &* second.factor
        &+ third.slot.pointee &* third.factor &+ constant
    }
  }

  /// Elements of float32.
  struct Region {
    var base: UnsafeMutableRawPointer
    var count: UInt64
    /// Its place in the list of the tape's buffers.
    var buffer: Int

    @inline(__always)
    func holds(_ index: Int64) -> Bool { UInt64(bitPattern: index) < count }
  }

  /// What is done; slots of real variables hold float32 values.
  enum Operation {
    case index(UnsafeMutablePointer<Int64>, Place)
    case copy(UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>)
    case load(UnsafeMutablePointer<Double>, Region, Place)
    case store(UnsafeMutablePointer<Double>, Region, Place)
    /// The first plus the product of the others, rounded after each.
    case accumulate(
      UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>)
  }

  var operations: [Operation] = []
  private var buffers: [Buffer] = []

  var isEmpty: Bool { operations.isEmpty }

  mutating func clear() {
    operations.removeAll(keepingCapacity: true)
    buffers = []
  }

  /// The elements of a memory, which is known to the tape then.
  mutating func region(_ memory: Memory) -> Region {
    if buffers.last != memory.buffer { buffers.append(memory.buffer) }
    return Region(
      base: memory.base, count: UInt64(memory.buffer.count), buffer: buffers.count - 1)
  }

  /// One action that does it all.
  func action(_ memories: Memories) -> ActionCode {
    let (start, count) = (UnsafePointer(memories.operations.take(operations)), operations.count)
    let (buffers, memories) = (buffers, memories)
    return {
      guard let (buffer, index, isStore) = Self.run(start, count) else { return }
      memories.report(buffers[buffer], index, isStore: isStore)
    }
  }

  /// Stops at the first access outside of its buffer, and tells of it.
  private static func run(
    _ start: UnsafePointer<Operation>, _ count: Int
  ) -> (buffer: Int, index: Int64, isStore: Bool)? {
    for place in 0..<count {
      switch start[place] {
      case .accumulate(let sum, let a, let b):
        // The product of two float32 numbers is exact in double.
        sum.pointee = Double(Float(sum.pointee) + Float(a.pointee * b.pointee))
      case .load(let target, let region, let place):
        let index = place.index
        guard region.holds(index) else { return (region.buffer, index, false) }
        target.pointee = Double(
          region.base.loadUnaligned(fromByteOffset: Int(index) &* 4, as: Float.self))
      case .store(let source, let region, let place):
        let index = place.index
        guard region.holds(index) else { return (region.buffer, index, true) }
        region.base.storeBytes(
          of: Float(source.pointee), toByteOffset: Int(index) &* 4, as: Float.self)
      case .index(let target, let place): target.pointee = place.index
      case .copy(let target, let source): target.pointee = source.pointee
      }
    }
    return nil
  }
}
