/// A tensor whose elements are known at compile time.
public struct Constant: Hashable, Sendable {
  /// The element type and shape.
  public let type: TensorType
  /// How the elements are held.
  public let storage: Storage

  /// Makes a constant.
  ///
  /// - Parameters:
  ///   - type: The element type and shape.
  ///   - storage: How the elements are held.
  public init(_ type: TensorType, _ storage: Storage) {
    self.type = type
    self.storage = storage
  }

  /// Makes a dense constant of an array.
  ///
  /// - Parameters:
  ///   - elements: Row-major; as many as the shape says.
  ///   - element: The element type, of the array's width.
  ///   - shape: The extents.
  public init<Element: BitwiseCopyable>(
    _ elements: [Element], _ element: ElementType, _ shape: [Int]
  ) {
    self.init(TensorType(element, shape), .dense(Bytes(elements)))
  }

  /// A one-dimensional int64 constant, as ONNX has for axes and shapes.
  ///
  /// - Parameter values: The elements.
  /// - Returns: The constant.
  public static func indices(_ values: [Int]) -> Constant {
    Constant(values.map(Int64.init), .int64, [values.count])
  }

  /// The elements, row-major and packed; dense constants are not copied.
  ///
  /// - Complexity: O(1) for dense storage, O(*n*) for the others.
  public var dense: Bytes {
    switch storage {
    case .dense(let bytes): bytes
    default: decoded()
    }
  }

  /// The element at a row-major index, as a real number.
  ///
  /// - Parameter index: Within `0..<type.count`.
  /// - Returns: The element; 0 for types that have no real value.
  public func number(at index: Int) -> Double {
    switch storage {
    case .uniform(let bytes): bytes.number(at: 0, type.element)
    case .dense(let bytes): bytes.number(at: index, type.element)
    default: dense.number(at: index, type.element)
    }
  }

  /// All elements as integers, or `nil` for a type that is not integer or bool.
  public var integers: [Int]? {
    guard type.element.isInteger || type.element == .bool else { return nil }
    let bytes = dense
    return (0..<type.count).map { bytes.integer(at: $0, type.element) }
  }

  /// All elements as real numbers.
  public var numbers: [Double] {
    let bytes = dense
    return (0..<type.count).map { bytes.number(at: $0, type.element) }
  }

  /// The same elements under another shape of the same count; nothing is copied when dense.
  ///
  /// - Parameter shape: The extents.
  /// - Returns: The constant.
  public func reshaped(_ shape: [Int]) -> Constant {
    let type = TensorType(self.type.element, shape, quantization: self.type.quantization)
    if case .uniform = storage { return Constant(type, storage) }
    return Constant(type, .dense(dense))
  }
}

extension Bytes {
  /// Reads one element as a real number.
  ///
  /// - Parameters:
  ///   - index: Counted in elements.
  ///   - element: The type of the elements.
  /// - Returns: The number; 0 for strings and complex numbers.
  public func number(at index: Int, _ element: ElementType) -> Double {
    withUnsafeBytes { bytes in
      switch element {
      case .float32: Double(bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self))
      case .float64: bytes.loadUnaligned(fromByteOffset: index * 8, as: Double.self)
      case .float16: halfToDouble(bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
      case .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0,
        .float4e2m1:
        NarrowFloat(element).map { Double($0.decoded(code(bytes, index, $0.bits))) } ?? 0
      case .uint64: Double(bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
      default: Double(integer(at: index, element))
      }
    }
  }

  /// Reads one element as an integer; unsigned 64-bit values keep their bits.
  ///
  /// - Parameters:
  ///   - index: Counted in elements.
  ///   - element: An integer type or bool.
  /// - Returns: The integer; 0 for other types.
  public func integer(at index: Int, _ element: ElementType) -> Int {
    withUnsafeBytes { bytes in
      switch element {
      case .int8: Int(bytes.loadUnaligned(fromByteOffset: index, as: Int8.self))
      case .uint8: Int(bytes[index])
      case .bool: bytes[index] == 0 ? 0 : 1
      case .int16: Int(bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self))
      case .uint16: Int(bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
      case .int32: Int(bytes.loadUnaligned(fromByteOffset: index * 4, as: Int32.self))
      case .uint32: Int(bytes.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
      case .int64, .uint64: bytes.loadUnaligned(fromByteOffset: index * 8, as: Int.self)
      case .int4, .uint4: nibble(bytes[index / 2] >> UInt8(index % 2 * 4), signed: element == .int4)
      case .int2, .uint2: crumb(bytes[index / 4] >> UInt8(index % 4 * 2), signed: element == .int2)
      default: 0
      }
    }
  }
}

/// The bits of one element, not more than 16.
private func code(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ bits: Int) -> UInt16 {
  switch bits {
  case 16: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self)
  case 8: UInt16(bytes[index])
  default: UInt16(bytes[index * bits / 8] >> UInt8(index * bits % 8)) & (1 << UInt16(bits) - 1)
  }
}

private func nibble(_ byte: UInt8, signed: Bool) -> Int {
  let value = Int(byte & 15)
  return signed && value > 7 ? value - 16 : value
}

private func crumb(_ byte: UInt8, signed: Bool) -> Int {
  let value = Int(byte & 3)
  return signed && value > 1 ? value - 4 : value
}

/// The value of an IEEE 754 binary16 number.
///
/// - Parameter bits: The sixteen bits.
/// - Returns: The exact value.
public func halfToDouble(_ bits: UInt16) -> Double {
  let sign: Double = bits & 0x8000 == 0 ? 1 : -1
  let exponent = Int(bits >> 10 & 31)
  let fraction = Double(bits & 1023) / 1024
  switch exponent {
  case 0: return sign * fraction * 0x1p-14
  case 31: return fraction == 0 ? sign * .infinity : .nan
  default:
    return sign * (1 + fraction) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
  }
}

extension Constant {
  /// The value that all elements have, to the bit; `nil` when they differ.
  ///
  /// - Complexity: O(1) for uniform storage, O(*n*) for others.
  public var onlyNumber: Double? {
    guard type.count > 0, type.element.isComputable else { return nil }
    if case .uniform(let one) = storage { return one.number(at: 0, type.element) }
    if type.element.bits < 8 {
      let first = number(at: 0)
      return numbers.allSatisfy { $0.bitPattern == first.bitPattern } ? first : nil
    }
    let size = type.element.bits / 8
    let isUniform = dense.withUnsafeBytes { raw in
      (size..<max(raw.count, size)).allSatisfy { raw[$0] == raw[$0 - size] }
    }
    return isUniform ? dense.number(at: 0, type.element) : nil
  }
}
