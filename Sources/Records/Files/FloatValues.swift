package import CoppiceIR

/// Numbers of a tensor as 32-bit floats, borrowed from where they are if they can be.
package struct FloatValues: @unchecked Sendable {
  private enum Storage {
    case array([Float])
    case borrowed(AnyObject, UnsafeBufferPointer<Float>)
    case bytes(Bytes)
  }

  private let storage: Storage

  package init(_ values: [Float]) { storage = .array(values) }

  /// Borrows numbers that stay valid and unchanged as long as their owner lives.
  package init(borrowing values: UnsafeBufferPointer<Float>, owner: AnyObject) {
    storage = .borrowed(owner, values)
  }

  /// Takes the float elements of a constant; nil for elements of another kind.
  ///
  /// Aligned 32-bit floats are not copied.
  package init?(_ constant: Constant) {
    let bytes = constant.dense
    let isAligned = bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) % 4 == 0 }
    switch constant.type.element {
    case .float32 where isAligned: storage = .bytes(bytes)
    case .float16, .bfloat16, .float32, .float64: storage = .array(constant.numbers.map(Float.init))
    default: return nil
    }
  }

  package var count: Int {
    switch storage {
    case .array(let values): values.count
    case .bytes(let bytes): bytes.count / 4
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
    case .bytes(let bytes):
      let outcome = bytes.withUnsafeBytes { memory in
        Swift.Result { () throws(Failure) in try body(memory.assumingMemoryBound(to: Float.self)) }
      }
      return try outcome.get()
    }
  }

  package var array: [Float] { withBuffer { Array($0) } }
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
          Float(halfToDouble(bytes.loadUnaligned(fromByteOffset: $0 * 2, as: UInt16.self)))
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
}
