/// The element types that safetensors and npy files hold.
package enum StoredElement: String, CaseIterable, Sendable {
  case bool, int8, uint8, int16, uint16, int32, uint32, int64, uint64
  case float16, bfloat16, float32, float64, float8e4m3, float8e5m2

  /// The bytes of one element.
  package var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8, .float8e4m3, .float8e5m2: 1
    case .int16, .uint16, .float16, .bfloat16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// The name in a safetensors header.
  package var safetensorsName: String {
    switch self {
    case .bool: "BOOL"
    case .int8: "I8"
    case .uint8: "U8"
    case .int16: "I16"
    case .uint16: "U16"
    case .int32: "I32"
    case .uint32: "U32"
    case .int64: "I64"
    case .uint64: "U64"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .float32: "F32"
    case .float64: "F64"
    case .float8e4m3: "F8_E4M3"
    case .float8e5m2: "F8_E5M2"
    }
  }

  /// The kind and width in an npy header, without the byte order; nil if numpy has no such type.
  package var numpyCode: String? {
    switch self {
    case .bool: "b1"
    case .int8: "i1"
    case .uint8: "u1"
    case .int16: "i2"
    case .uint16: "u2"
    case .int32: "i4"
    case .uint32: "u4"
    case .int64: "i8"
    case .uint64: "u8"
    case .float16: "f2"
    case .float32: "f4"
    case .float64: "f8"
    case .bfloat16, .float8e4m3, .float8e5m2: nil
    }
  }

  /// The bytes of a whole tensor; nil where a dimension is negative or the product overflows.
  package func byteCount(of shape: [Int]) -> Int? {
    guard let count = elementCount(of: shape) else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: byteCount)
    return overflow ? nil : bytes
  }
}

/// The product of the dimensions; nil where one is negative or the product overflows.
package func elementCount(of shape: [Int]) -> Int? {
  var count = 1
  var isEmpty = false
  for dimension in shape {
    guard dimension >= 0 else { return nil }
    guard dimension > 0 else {
      isEmpty = true
      continue
    }
    let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
    guard !overflow else { return nil }
    count = product
  }
  return isEmpty ? 0 : count
}
