/// The element types of ONNX tensors, named as in the manifest.
public enum ElementType: String, Hashable, Sendable, CaseIterable {
  case float32, float64, float16, bfloat16
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case bool
  case float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz, float8e8m0
  case int4, uint4, int2, uint2, float4e2m1
  case complex64, complex128
  case string

  /// The bits of one element as stored; 0 for strings.
  public var bits: Int {
    switch self {
    case .float64, .int64, .uint64, .complex64: 64
    case .complex128: 128
    case .float32, .int32, .uint32: 32
    case .float16, .bfloat16, .int16, .uint16: 16
    case .int4, .uint4, .float4e2m1: 4
    case .int2, .uint2: 2
    case .string: 0
    default: 8
    }
  }

  /// The bytes that `count` packed elements take.
  ///
  /// - Parameter count: The number of elements.
  /// - Returns: The bytes, rounded up to a whole byte.
  public func byteCount(_ count: Int) -> Int { (count * bits + 7) / 8 }

  /// Whether the type is a real floating-point type.
  public var isFloat: Bool {
    switch self {
    case .float32, .float64, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .float8e8m0, .float4e2m1:
      true
    default: false
    }
  }

  /// Whether the type is a whole number type; `bool` is not.
  public var isInteger: Bool { isSigned || isUnsigned }

  /// Whether the type is a signed integer.
  public var isSigned: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .int4, .int2: true
    default: false
    }
  }

  /// Whether the type is an unsigned integer.
  public var isUnsigned: Bool {
    switch self {
    case .uint8, .uint16, .uint32, .uint64, .uint4, .uint2: true
    default: false
    }
  }

  /// Whether C has the type itself: float32, float64, 8- to 64-bit integers and bool.
  public var isNative: Bool {
    switch self {
    case .float32, .float64, .bool: true
    default: isInteger && bits >= 8
    }
  }

  /// Whether kernels can read, compute with and store the type: all but complex numbers and strings.
  public var isComputable: Bool { arithmetic.isNative }

  /// The type that kernels compute in: a load gives it and a store takes it.
  ///
  /// Narrower floats become float32, narrower integers those of 8 bits; all else is itself.
  public var arithmetic: ElementType {
    if isNative { return self }
    if isFloat { return .float32 }
    return isSigned ? .int8 : isUnsigned ? .uint8 : self
  }

  /// The whole numbers of an integer type of at most 32 bits; 0 for other types.
  package var wholeRange: ClosedRange<Int> {
    guard isInteger, bits <= 32 else { return 0...0 }
    return isSigned ? -(1 << (bits - 1))...((1 << (bits - 1)) - 1) : 0...((1 << bits) - 1)
  }

  /// The short form used by the text form, such as `f32`.
  public var shortName: String {
    switch self {
    case .float32: "f32"
    case .float64: "f64"
    case .float16: "f16"
    case .bfloat16: "bf16"
    case .bool: "bool"
    default:
      isSigned ? "i\(bits)" : isUnsigned ? "u\(bits)" : rawValue
    }
  }

  /// Finds a type by its short or manifest name.
  ///
  /// - Parameter name: Such as `f32` or `float32`.
  public init?(named name: String) {
    guard let found = Self.allCases.first(where: { $0.shortName == name || $0.rawValue == name })
    else { return nil }
    self = found
  }
}
