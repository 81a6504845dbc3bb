/// The sum of two quantized tensors, requantized.
///
/// `onnx` adds the real numbers as float32 and divides by the scale of the result, as the graph of
/// DequantizeLinear, Add and QuantizeLinear does; `fast` sums in int32 (`SumCoefficients`).
public struct QLinearAdd: QuantizedPair {
  /// What it is called and takes.
  public static let schema = declared("QLinearAdd")
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: See the schema.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

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
