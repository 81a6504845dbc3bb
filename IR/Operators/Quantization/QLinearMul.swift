/// The product of two quantized tensors, requantized.
///
/// `onnx` multiplies the real numbers as float32 and divides by the scale of the result, as the
/// graph of DequantizeLinear, Mul and QuantizeLinear does; `fast` requantizes the product of the
/// integers.
package struct QLinearMul: QuantizedPair {
  package static let schema = declared("QLinearMul")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func joined(_ a: Expr, _ b: Expr) -> Expr { a * b }

  package func integers(_ grids: QuantizedPairGrids) -> ((_ a: Expr, _ b: Expr) -> Expr)? {
    guard let scale = Self.scale(grids) else { return nil }
    return { a, b in
      let left = a.converted(to: .int32) - .constant(Double(grids.a.zeroPoint), .int32)
      let right = b.converted(to: .int32) - .constant(Double(grids.b.zeroPoint), .int32)
      var product = left * right
      if scale.shift > 0 {
        product = .binary(.shl, product, .constant(Double(scale.shift), .int32))
      }
      let high = Expr.binary(.mulhr, product, .constant(Double(scale.multiplier), .int32))
      return high + .constant(Double(grids.y.zeroPoint), .int32)
    }
  }

  /// What products are multiplied by; they have 17 bits, which leaves 14 to shift.
  package static func scale(_ grids: QuantizedPairGrids) -> RequantizationScale? {
    let scales = RequantizationScale.list([(grids.a.scale, grids.b.scale, grids.y.scale)])
    return scales.flatMap { $0[0].shift <= 14 ? $0[0] : nil }
  }
}
