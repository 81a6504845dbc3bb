/// An operator whose result has operand 0's elements in the same order under another shape.
///
/// A conforming type gives `inferTypes`; folding, the view and the copy follow from that.
public protocol Reshaping: ElementCarrier {}

extension Reshaping {
  /// A constant keeps its bytes.
  ///
  /// - Parameter context: The operands.
  /// - Returns: The constant under the new shape.
  public func fold(_ context: InferenceContext) -> [Constant]? {
    guard let data = context.known.first.flatMap({ $0 }), let type = try? inferTypes(context)[0]
    else { return nil }
    return [data.reshaped(type.shape)]
  }

  /// The operand's memory where strides allow.
  ///
  /// - Parameters:
  ///   - operand: Where operand 0 lies.
  ///   - context: The operands.
  /// - Returns: The view, or `nil` when elements have to move.
  public func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    guard let type = try? inferTypes(context)[0] else { return nil }
    return operand.reshaped(type.shape).map { [$0] }
  }

  /// Copies in row-major order.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    try builder.copyElements(from: builder.operand(0), to: builder.result())
  }
}
