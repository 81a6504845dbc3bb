import CoppiceIR

extension ElementType {
  /// The type with a number in ONNX.
  init?(onnx number: Int32) { self.init(onnx: Int(number)) }

  /// The number in ONNX.
  var onnx: Int32 { (1...64).first { ElementType(onnx: Int($0)) == self } ?? 0 }
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
