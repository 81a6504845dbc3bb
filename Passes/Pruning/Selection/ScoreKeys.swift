import CoppiceIR

/// Scores of one tensor as integers of the same order, handed out in pieces.
protocol ScoreKeys {
  var count: Int { get }

  /// The keys of minus (or plus) infinity and the largest there may be.
  var range: ClosedRange<UInt64> { get }

  /// The score of a key in `range`.
  func value(_ key: UInt64) -> Double

  /// Calls `body` with consecutive keys, which are valid only inside.
  func forEachPiece(
    _ body: (_ start: Int, _ keys: UnsafeBufferPointer<UInt64>) throws -> Void
  ) throws
}

/// A score that decides what goes.
enum ScoreBound {
  /// Lower scores go.
  case below(Double)

  /// This score and lower ones go.
  case upTo(Double)

  /// Whether a score stays.
  func keeps(_ score: Double) -> Bool {
    switch self {
    case .below(let bound): score >= bound
    case .upTo(let bound): score > bound
    }
  }
}

extension ScoreKeys {
  /// The first key that a bound keeps.
  func cut(_ bound: ScoreBound) -> UInt64 {
    var (low, high) = (range.lowerBound, range.upperBound + 1)
    while low < high {
      let middle = low + (high - low) / 2
      if bound.keeps(value(middle)) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// The largest score; 0 without elements.
  func largest() throws -> Double {
    var largest: UInt64?
    try forEachPiece { _, keys in largest = keys.reduce(largest ?? range.lowerBound, max) }
    return largest.map(value) ?? 0
  }
}

/// The precision in which scores are compared.
enum KeyWidth: Int, Sendable {
  case single = 32
  case double = 64

  /// The key of a magnitude: its bits, which grow with it.
  func key(magnitude: Double) -> UInt64 {
    switch self {
    case .single: UInt64(Float(magnitude).bitPattern)
    case .double: magnitude.bitPattern
    }
  }

  /// The first key that is not of a finite magnitude.
  var infinity: UInt64 { key(magnitude: .infinity) }
}

extension Float {
  /// A key that grows with the number; both zeros have the same.
  var signedKey: UInt64 {
    let bits = (self + 0).bitPattern
    return UInt64(bits & 0x8000_0000 == 0 ? bits | 0x8000_0000 : ~bits)
  }

  /// The number of a key.
  init(signedKey key: UInt64) {
    let bits = UInt32(truncatingIfNeeded: key)
    self.init(bitPattern: bits & 0x8000_0000 == 0 ? ~bits : bits & 0x7FFF_FFFF)
  }
}

extension Double {
  /// A key that grows with the number; both zeros have the same.
  var signedKey: UInt64 {
    let bits = (self + 0).bitPattern
    return bits & 1 << 63 == 0 ? bits | 1 << 63 : ~bits
  }

  /// The number of a key.
  init(signedKey key: UInt64) {
    self.init(bitPattern: key & 1 << 63 == 0 ? ~key : key & ~(1 << 63))
  }
}

/// The magnitudes of the elements of a float constant.
struct MagnitudeKeys: ScoreKeys {
  let constant: Constant
  let width: KeyWidth

  var count: Int { constant.type.count }

  var range: ClosedRange<UInt64> { 0...width.infinity }

  func value(_ key: UInt64) -> Double {
    switch width {
    case .single: Double(Float(bitPattern: UInt32(truncatingIfNeeded: key)))
    case .double: Double(bitPattern: key)
    }
  }

  /// The precision that loses nothing of an element type.
  static func width(_ element: ElementType) -> KeyWidth { element == .float64 ? .double : .single }

  func forEachPiece(_ body: (Int, UnsafeBufferPointer<UInt64>) throws -> Void) throws {
    let size = constant.type.element.bits / 8
    try constant.dense.withUnsafeBytes { bytes in
      try forEachBuffer(count: count) { start, keys in
        let part = bytes[start * size..<(start + keys.count) * size]
        fill(keys, from: UnsafeRawBufferPointer(rebasing: part))
        try body(start, UnsafeBufferPointer(keys))
      }
    }
  }

  private func fill(
    _ keys: UnsafeMutableBufferPointer<UInt64>, from bytes: UnsafeRawBufferPointer
  ) {
    let width = width
    switch (constant.type.element, width) {
    case (.float32, .single):
      bytes.convert(UInt32.self, to: keys) { UInt64($0 & 0x7FFF_FFFF) }
    case (.float64, .double):
      bytes.convert(UInt64.self, to: keys) { $0 & 0x7FFF_FFFF_FFFF_FFFF }
    case (.float32, .double):
      bytes.convert(UInt32.self, to: keys) { Double(Float(bitPattern: $0)).magnitude.bitPattern }
    case (.float16, _):
      bytes.convert(UInt16.self, to: keys) { width.key(magnitude: halfToDouble($0).magnitude) }
    default:
      bytes.convert(UInt16.self, to: keys) {
        width.key(magnitude: Double(Float(bitPattern: UInt32($0 & 0x7FFF) << 16)))
      }
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Turns each element into a key.
  @inline(__always)
  fileprivate func convert<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ type: Bits.Type, to keys: UnsafeMutableBufferPointer<UInt64>, _ key: (Bits) -> UInt64
  ) {
    guard let base = baseAddress, count >= keys.count * MemoryLayout<Bits>.size else { return }
    for index in keys.indices {
      let offset = index * MemoryLayout<Bits>.size
      keys[index] = key((base + offset).loadUnaligned(as: type))
    }
  }
}

/// Lends a buffer for each piece of a range of `count` elements.
func forEachBuffer(
  count: Int, _ body: (_ start: Int, _ buffer: UnsafeMutableBufferPointer<UInt64>) throws -> Void
) rethrows {
  let capacity = min(count, 8192)
  try withUnsafeTemporaryAllocation(of: UInt64.self, capacity: max(capacity, 1)) { memory in
    memory.initialize(repeating: 0)
    var start = 0
    while start < count {
      let length = min(capacity, count - start)
      try body(start, UnsafeMutableBufferPointer(rebasing: memory[..<length]))
      start += length
    }
  }
}
