import CoppiceIR

/// The element types by their numbers in `TensorProto.data_type`; 0 is not a type.
private let numbered: [ElementType?] = [
  nil, .float32, .uint8, .int8, .uint16, .int16, .int32, .int64, .string, .bool, .float16,
  .float64, .uint32, .uint64, .complex64, .complex128, .bfloat16, .float8e4m3fn, .float8e4m3fnuz,
  .float8e5m2, .float8e5m2fnuz, .uint4, .int4, .float4e2m1, .float8e8m0, .uint2, .int2,
]

extension ElementType {
  /// The type with a number in ONNX.
  init?(onnx number: Int32) {
    guard number > 0, number < numbered.count, let type = numbered[Int(number)] else { return nil }
    self = type
  }

  /// The number in ONNX.
  var onnx: Int32 { Int32(numbered.firstIndex(of: self) ?? 0) }
}

extension TensorType {
  /// A type of extents that come from a file: none negative, and a size that can be counted.
  static func checked(
    _ element: ElementType, _ shape: [Int]
  ) throws(DiagnosticMessage) -> TensorType {
    var count = 1
    for extent in shape {
      let (next, overflow) = count.multipliedReportingOverflow(by: max(extent, 1))
      guard extent >= 0, !overflow, next < 1 << 40 else {
        throw DiagnosticMessage(
          "tensor-size", "a tensor of shape \(shape) is too large or has a negative extent")
      }
      count = next
    }
    return TensorType(element, shape)
  }
}
