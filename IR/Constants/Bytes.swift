/// Immutable bytes with an owner: an array of ours, a mapped file, or a decoder's memory.
///
/// Copying a `Bytes` copies a reference, never the bytes.
public struct Bytes: Sendable {
  private let owner: Owner
  private let offset: Int
  /// The number of bytes.
  public let count: Int

  /// Keeps memory alive and frees it at the end.
  private final class Owner: Sendable {
    nonisolated(unsafe) let base: UnsafeRawPointer?
    let release: @Sendable () -> Void
    /// How many bytes `make` writes; for memory that is made each time it is lent.
    let madeCount: Int
    let make: (@Sendable (UnsafeMutableRawBufferPointer) -> Void)?

    init(
      base: UnsafeRawPointer?, release: @escaping @Sendable () -> Void, madeCount: Int = 0,
      make: (@Sendable (UnsafeMutableRawBufferPointer) -> Void)? = nil
    ) {
      self.base = base
      self.release = release
      self.madeCount = madeCount
      self.make = make
    }

    deinit { release() }
  }

  private init(owner: Owner, offset: Int, count: Int) {
    self.owner = owner
    self.offset = offset
    self.count = count
  }

  /// Borrows memory that somebody else owns.
  ///
  /// - Parameters:
  ///   - memory: Stays valid and unchanged until `release` is called.
  ///   - release: Called once when the last copy goes.
  public init(borrowing memory: UnsafeRawBufferPointer, release: @escaping @Sendable () -> Void) {
    self.init(
      owner: Owner(base: memory.baseAddress, release: release), offset: 0, count: memory.count)
  }

  /// Makes new bytes, 64-byte aligned.
  ///
  /// - Parameters:
  ///   - count: The number of bytes; they start as zero.
  ///   - fill: Writes them.
  public init(count: Int, fill: (UnsafeMutableRawBufferPointer) throws -> Void) rethrows {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 64)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    do {
      try fill(UnsafeMutableRawBufferPointer(rebasing: memory[0..<count]))
    } catch {
      memory.deallocate()
      throw error
    }
    nonisolated(unsafe) let base = memory.baseAddress
    self.init(
      owner: Owner(base: UnsafeRawPointer(base), release: { base?.deallocate() }), offset: 0,
      count: count)
  }

  /// Describes bytes that are made each time they are lent, and freed right after.
  ///
  /// For large tables that are derived from other bytes, so that both need not be held at once.
  ///
  /// - Parameters:
  ///   - count: The number of bytes.
  ///   - make: Writes them; the same bytes each time.
  public init(
    derived count: Int, make: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void
  ) {
    let owner = Owner(base: nil, release: {}, madeCount: count, make: make)
    self.init(owner: owner, offset: 0, count: count)
  }

  /// Copies the elements of an array.
  ///
  /// - Parameter elements: Plain values without references.
  public init<Element: BitwiseCopyable>(_ elements: [Element]) {
    self.init(count: elements.count * MemoryLayout<Element>.stride) { memory in
      elements.withUnsafeBytes { memory.copyMemory(from: $0) }
    }
  }

  /// A part of the bytes; nothing is copied.
  ///
  /// - Parameter range: Within `0..<count`.
  /// - Returns: The part.
  public func slice(_ range: Range<Int>) -> Bytes {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return Bytes(owner: owner, offset: offset + range.lowerBound, count: range.count)
  }

  /// Lends the bytes.
  ///
  /// - Parameter body: Gets the bytes; the pointer is valid only inside.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  public func withUnsafeBytes<Result>(
    _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    if let make = owner.make {
      let made = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(owner.madeCount, 1), alignment: 16)
      defer { made.deallocate() }
      make(UnsafeMutableRawBufferPointer(rebasing: made[0..<owner.madeCount]))
      return try body(UnsafeRawBufferPointer(rebasing: made[offset..<(offset + count)]))
    }
    let start = owner.base.map { $0 + offset }
    return try body(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// The same bytes where they stay: those that are made each time they are lent are made once.
  package var resident: Bytes {
    guard owner.make != nil else { return self }
    return Bytes(count: count) { target in withUnsafeBytes { target.copyMemory(from: $0) } }
  }

  /// The elements as an array; unaligned memory is fine.
  ///
  /// - Parameter type: A plain type.
  /// - Returns: A copy.
  /// - Complexity: O(*n*).
  public func array<Element: BitwiseCopyable>(of type: Element.Type) -> [Element] {
    withUnsafeBytes { bytes in
      let size = MemoryLayout<Element>.stride
      let elements = count / size
      return Array(unsafeUninitializedCapacity: elements) { target, initialized in
        if elements > 0 {
          UnsafeMutableRawBufferPointer(target).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes[..<(elements * size)]))
        }
        initialized = elements
      }
    }
  }
}

extension Bytes: Hashable {
  /// Compares the bytes themselves; derived bytes equal no others, so that none are made for it.
  ///
  /// - Parameters:
  ///   - left: Some bytes.
  ///   - right: Other bytes.
  /// - Returns: Whether they are the same.
  public static func == (left: Bytes, right: Bytes) -> Bool {
    guard left.count == right.count else { return false }
    if left.owner === right.owner, left.offset == right.offset { return true }
    if left.owner.make != nil || right.owner.make != nil { return false }
    return left.withUnsafeBytes { a in right.withUnsafeBytes { a.elementsEqual($0) } }
  }

  /// Hashes the count and some of the bytes.
  ///
  /// - Parameter hasher: Takes them.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    if owner.make != nil { return }
    withUnsafeBytes { bytes in
      hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes.prefix(64)))
    }
  }
}
