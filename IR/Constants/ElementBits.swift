/// Reads and moves elements that lie side by side in bytes, of 2 to 128 bits, low bits first.
struct ElementBits {
  let element: ElementType
  private let bits: Int

  init(_ element: ElementType) {
    self.element = element
    bits = element.bits
  }

  /// Whether all bits of an element are zero, which for floats means +0.
  @inline(__always)
  func isEmpty(_ raw: UnsafeRawBufferPointer, _ index: Int) -> Bool {
    switch bits {
    case 32: raw.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self) == 0
    case 8: raw[index] == 0
    case 16: raw.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self) == 0
    case 64: raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) == 0
    case 128: raw.loadUnaligned(fromByteOffset: index * 16, as: SIMD2<UInt64>.self) == .zero
    default: part(raw, index) == 0
    }
  }

  /// Whether an element is zero, of whichever sign.
  @inline(__always)
  func isZero(_ raw: UnsafeRawBufferPointer, _ index: Int) -> Bool {
    switch element {
    case .float32: raw.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self) << 1 == 0
    case .float64: raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self) << 1 == 0
    case .float16, .bfloat16:
      raw.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self) << 1 == 0
    case .float8e4m3fn, .float8e5m2: raw[index] << 1 == 0
    case .float4e2m1: part(raw, index) & 7 == 0
    default: isEmpty(raw, index)
    }
  }

  /// The elements of a run from the start that are not zero, of whichever sign.
  func nonzeroCount(_ raw: UnsafeRawBufferPointer, _ count: Int) -> Int {
    guard element == .float32 else { return (0..<count).count { !isZero(raw, $0) } }
    var zeros: UInt = 0
    for index in 0..<count {
      let value = raw.loadUnaligned(fromByteOffset: index &* 4, as: UInt32.self)
      zeros &+= value &<< 1 == 0 ? 1 : 0
    }
    return count - Int(zeros)
  }

  /// Copies an element to a place whose bits are zero.
  @inline(__always)
  func copy(
    _ source: UnsafeRawBufferPointer, _ from: Int, to target: UnsafeMutableRawBufferPointer,
    _ index: Int
  ) {
    switch bits {
    case 32:
      let value = source.loadUnaligned(fromByteOffset: from * 4, as: UInt32.self)
      target.storeBytes(of: value, toByteOffset: index * 4, as: UInt32.self)
    case 8: target[index] = source[from]
    case 2, 4:
      target[index * bits / 8] |= part(source, from) << UInt8(index * bits % 8)
    default:
      let size = bits / 8
      for byte in 0..<size { target[index * size + byte] = source[from * size + byte] }
    }
  }

  /// An element narrower than a byte.
  private func part(_ raw: UnsafeRawBufferPointer, _ index: Int) -> UInt8 {
    raw[index * bits / 8] >> UInt8(index * bits % 8) & (1 << UInt8(bits) - 1)
  }
}
