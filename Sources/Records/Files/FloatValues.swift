/// Numbers of a tensor as 32-bit floats, borrowed from where they are if they can be.
package struct FloatValues: @unchecked Sendable {
  private enum Storage {
    case array([Float])
    case borrowed(AnyObject, UnsafeBufferPointer<Float>)
  }

  private let storage: Storage

  package init(_ values: [Float]) { storage = .array(values) }

  /// Borrows numbers that stay valid and unchanged as long as their owner lives.
  package init(borrowing values: UnsafeBufferPointer<Float>, owner: AnyObject) {
    storage = .borrowed(owner, values)
  }

  package var count: Int {
    switch storage {
    case .array(let values): values.count
    case .borrowed(_, let values): values.count
    }
  }

  package func withBuffer<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch storage {
    case .array(let values):
      return try values.withUnsafeBufferPointer { (buffer) throws(Failure) in try body(buffer) }
    case .borrowed(let owner, let values):
      defer { withExtendedLifetime(owner) {} }
      return try body(values)
    }
  }

  package var array: [Float] {
    switch storage {
    case .array(let values): values
    case .borrowed(let owner, let values): withExtendedLifetime(owner) { Array(values) }
    }
  }
}

extension FloatValues {
  /// Reads elements of a float type from a file; nil for any other type.
  ///
  /// Aligned 32-bit floats are borrowed, everything else is converted.
  init?(_ file: FileBytes, _ range: Range<Int>, _ element: StoredElement) {
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[range])
    let count = bytes.count / element.byteCount
    switch element {
    case .float32:
      self.init(singles: bytes, owner: file)
    case .float64:
      self.init(
        (0..<count).map { Float(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self)) })
    case .bfloat16:
      self.init(
        (0..<count).map {
          Float(bfloat16: bytes.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self))
        })
    case .float16:
      self.init(
        (0..<count).map {
          Float(float16: bytes.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self))
        })
    default: return nil
    }
  }

  private init(singles bytes: UnsafeRawBufferPointer, owner: FileBytes) {
    let address = UInt(bitPattern: bytes.baseAddress)
    if address % UInt(MemoryLayout<Float>.alignment) == 0 {
      self.init(borrowing: bytes.bindMemory(to: Float.self), owner: owner)
    } else {
      let count = bytes.count / 4
      self.init(
        (0..<count).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) })
    }
  }
}

extension Float {
  /// The value of a bfloat16 bit pattern.
  package init(bfloat16 bits: UInt16) { self.init(bitPattern: UInt32(bits) << 16) }

  /// The value of an IEEE half bit pattern.
  package init(float16 bits: UInt16) {
    let sign: Float = bits & 0x8000 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1F)
    let fraction = Float(bits & 0x3FF)
    switch exponent {
    case 0: self = sign * fraction * 0x1p-24
    case 31: self = fraction == 0 ? sign * .infinity : .nan
    default:
      let significand: Float = 1 + fraction * 0x1p-10
      self = sign * Float(sign: .plus, exponent: exponent - 15, significand: significand)
    }
  }
}
