/// The sum of two quantized tensors, requantized.
///
/// `onnx` adds the real numbers as float32 and divides by the scale of the result, as the graph of
/// DequantizeLinear, Add and QuantizeLinear does; `fast` sums in int32 (`SumCoefficients`).
package struct QLinearAdd: QuantizedPair {
  package static let schema = declared("QLinearAdd")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func joined(_ a: Expr, _ b: Expr) -> Expr { a + b }

  package func integers(_ grids: QuantizedPairGrids) -> ((_ a: Expr, _ b: Expr) -> Expr)? {
    guard let sum = SumCoefficients(a: grids.a, b: grids.b, y: grids.y) else { return nil }
    return { a, b in
      let left = a.converted(to: .int32) * .constant(Double(sum.left), .int32)
      let right = b.converted(to: .int32) * .constant(Double(sum.right), .int32)
      let whole = left + right + .constant(Double(sum.start), .int32)
      return .binary(.shr, whole, .constant(Double(sum.bits), .int32))
    }
  }
}
