/// The convolution of quantized tensors, requantized.
///
/// Folding adds to it how sums become integers and what they are clamped to (`Requantization`).
package struct QLinearConv: SlidingOperator {
  package static let schema = OperatorSchema(
    "QLinearConv", since: 10,
    operands: [
      "x", "x_scale", "x_zero_point", "w", "w_scale", "w_zero_point", "y_scale", "y_zero_point",
      "B?",
    ], results: ["y"],
    attributes: [
      "auto_pad": .string("NOTSET"), "dilations": nil, "group": .int(1), "hi": nil,
      "kernel_shape": nil, "lo": nil, "pads": nil, "requantize": .string("onnx"), "strides": nil,
    ], allowed: Requantization.allowed, adapted: Requantization.names)
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package var linearOperands: [Int] { [3] }
  package var storesOnce: Bool { true }
  package func linearReading(
    of operand: Int, _ operands: [TensorType?], result: TensorType?
  ) -> LinearReading? {
    var reading = LinearReading.convolution(
      3, of: 0, groups: settings.int("group"), operands, result: result)
    reading?.start = 8
    reading?.inputZeroPoint = 2
    reading?.scale = 4
    reading?.zeroPoint = 5
    return reading
  }

  private var operands: IntegerConvolution {
    IntegerConvolution(x: 0, w: 3, xZeroPoint: 2, wZeroPoint: 5)
  }

  /// The convolution's shape in the type of the result's zero point.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let shape = try operands.shape(context, attributes)
    let filters = try context.type(3).shape[0]
    for (index, most) in [(1, 1), (4, filters), (6, 1), (7, 1)] {
      let count = try context.computable(index).count
      guard count == 1 || count == most else {
        throw DiagnosticMessage(
          "quantization-shape",
          "operand \(index) is \(try context.type(index)), but there are \(filters) filters")
      }
    }
    if context.has(8), try context.computable(8).shape != [filters] {
      throw DiagnosticMessage(
        "conv-bias", "bias must be [\(filters)]", notes: ["B is \(try context.type(8))"])
    }
    let element = try context.quantized(7).element
    try context.checkRequantization(settings, element, scales: (1, 4, 6))
    return [TensorType(element, shape)]
  }

  /// Output-stationary loops in int32, scaled once for each output.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    try operands.lower(builder, self, bias: builder.operandIfAny(8))
  }

  /// Sums are scaled, rounded, put around the result's zero point and clamped.
  package func finishing(_ builder: LoopBuilder) throws(DiagnosticMessage) -> SumFinish {
    let (scaleX, scaleW) = (try builder.operand(1), try builder.operand(4))
    let (scaleY, zeroY) = (try builder.operand(6), try builder.operand(7))
    let known = builder.context.zeroPoint(7)
    let operands = try RequantizationOperands(
      builder, settings, scales: (1, 4, 6),
      zero: { known ?? zeroY.perFilter($0[1]) },
      loaded: { index in
        let scales = [scaleX, scaleW, scaleY].map { $0.perFilter(index[1]).converted(to: .float32) }
        return scales[0] * scales[1] / scales[2]
      }, channel: { $0[1] })
    return operands.finish
  }
}
