/// The convolution of 8-bit integers with zero points, summed in int32.
package struct ConvInteger: SlidingOperator {
  package static let schema = OperatorSchema(
    "ConvInteger", since: 10, operands: ["x", "w", "x_zero_point?", "w_zero_point?"],
    results: ["y"],
    attributes: [
      "auto_pad": .string("NOTSET"), "dilations": nil, "group": .int(1), "kernel_shape": nil,
      "pads": nil, "strides": nil,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package var linearOperands: [Int] { [1] }
  package var storesOnce: Bool { true }
  package func linearReading(
    of operand: Int, _ operands: [TensorType?], result: TensorType?
  ) -> LinearReading? {
    var reading = LinearReading.convolution(
      1, of: 0, groups: settings.int("group"), operands, result: result)
    reading?.inputZeroPoint = 2
    reading?.zeroPoint = 3
    reading?.walksNonzeros = false
    return reading
  }

  private var operands: IntegerConvolution {
    IntegerConvolution(x: 0, w: 1, xZeroPoint: 2, wZeroPoint: 3)
  }

  /// The convolution's shape in int32.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    [TensorType(.int32, try operands.shape(context, attributes))]
  }

  /// Output-stationary loops in int32; padding counts as the zero point.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    try operands.lower(builder, self, bias: nil)
  }
}
