package import CoppiceIR

/// Numbers of a tensor as 32-bit floats, borrowed from where they are if they can be.
package struct FloatValues: Sendable {
  private enum Storage {
    case array([Float])
    case bytes(Bytes)
  }

  private let storage: Storage

  package init(_ values: [Float]) { storage = .array(values) }

  /// Takes the elements of a constant; nil if they are not floats of 16 bits or more.
  ///
  /// Aligned 32-bit floats are not copied, everything else is converted.
  package init?(_ constant: Constant) {
    switch constant.type.element {
    case .float32:
      let bytes = constant.dense
      let isAligned = bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) % 4 == 0 }
      storage = isAligned ? .bytes(bytes) : .array(bytes.array(of: Float.self))
    case .float64: storage = .array(constant.dense.array(of: Double.self).map(Float.init))
    case .float16, .bfloat16: storage = .array(constant.numbers.map(Float.init))
    default: return nil
    }
  }

  package var count: Int {
    switch storage {
    case .array(let values): values.count
    case .bytes(let bytes): bytes.count / 4
    }
  }

  package func withBuffer<Result, Failure: Error>(
    _ body: (UnsafeBufferPointer<Float>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    switch storage {
    case .array(let values):
      return try values.withUnsafeBufferPointer { (buffer) throws(Failure) in try body(buffer) }
    case .bytes(let bytes):
      let outcome = bytes.withUnsafeBytes { memory in
        Swift.Result { () throws(Failure) in try body(memory.assumingMemoryBound(to: Float.self)) }
      }
      return try outcome.get()
    }
  }

  package var array: [Float] { withBuffer { Array($0) } }
}
