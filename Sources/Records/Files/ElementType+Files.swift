package import CoppiceIR

extension ElementType {
  /// The name in a safetensors header; nil if the format has no such type.
  package var safetensorsName: String? {
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
    case .float8e4m3fn: "F8_E4M3"
    case .float8e5m2: "F8_E5M2"
    case .float8e8m0: "F8_E8M0"
    case .complex64: "C64"
    default: nil
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
    default: nil
    }
  }

  /// The bytes of a whole tensor; nil where a dimension is negative or the product overflows.
  func checkedByteCount(of shape: [Int]) -> Int? {
    guard let count = elementCount(of: shape) else { return nil }
    let (bits, overflow) = count.multipliedReportingOverflow(by: bits)
    return overflow || bits % 8 != 0 ? nil : bits / 8
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
