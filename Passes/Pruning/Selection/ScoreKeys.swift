import CoppiceIR

/// Scores of one tensor as integers of the same order, handed out in pieces.
protocol ScoreKeys {
  var count: Int { get }

  /// Calls `body` with consecutive keys, which are valid only inside.
  func forEachPiece(
    _ body: (_ start: Int, _ keys: UnsafeBufferPointer<UInt64>) throws -> Void
  ) throws
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
}

/// The magnitudes of the elements of a float constant.
struct MagnitudeKeys: ScoreKeys {
  let constant: Constant
  let width: KeyWidth

  var count: Int { constant.type.count }

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
