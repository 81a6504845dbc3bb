/// The matrix product of quantized tensors, requantized.
///
/// Folding adds to it a bias for each column of the right factor, in int32 with the scale of the
/// products, how sums become integers and what they are clamped to (`Requantization`).
package struct QLinearMatMul: LinearOperator {
  package static let schema = OperatorSchema(
    "QLinearMatMul", since: 10,
    operands: [
      "a", "a_scale", "a_zero_point", "b", "b_scale", "b_zero_point", "y_scale", "y_zero_point",
      "bias?",
    ], results: ["y"],
    attributes: ["hi": nil, "lo": nil, "requantize": .string("onnx")],
    allowed: Requantization.allowed, adapted: Requantization.names)
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package var linearOperands: [Int] { [3] }
  package var storesOnce: Bool { true }

  package func linearReading(
    of operand: Int, _ operands: [TensorType?], result: TensorType?
  ) -> LinearReading? {
    var reading = LinearReading.product(operand, (left: 0, right: 3), operands)
    reading?.start = 8
    reading?.inputZeroPoint = 2
    reading?.scale = 4
    reading?.zeroPoint = 5
    return reading
  }

  /// The product's shape in the type of the result's zero point.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (a, b, y) = (try context.quantized(0), try context.quantized(3), try context.quantized(7))
    let product = try MatrixProduct(a.shape, b.shape)
    for index in [1, 2] {
      _ = try context.computable(index)
      try product.checkParameter(context.type(index), isRow: true)
    }
    for index in [4, 5] {
      _ = try context.computable(index)
      try product.checkParameter(context.type(index), isRow: false)
    }
    for index in [6, 7] {
      _ = try context.computable(index)
      try product.checkParameter(context.type(index), isRow: true)
    }
    if context.has(8) {
      let bias = try context.type(8)
      guard bias.element == .int32, bias.shape == [product.columns], b.rank > 1 else {
        throw DiagnosticMessage(
          "matmul-bias", "bias is \(bias); it must be int32 with one number for each column")
      }
    }
    try context.checkRequantization(settings, y.element, scales: (1, 4, 6))
    return [TensorType(y.element, product.output)]
  }

  /// Output-stationary loops in int32, scaled once for each output.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let factors = (a: try builder.operand(0), b: try builder.operand(3))
    let zeroPoints = (a: builder.operandIfAny(2), b: builder.operandIfAny(5))
    try builder.integerProduct(factors, zeroPoints, bias: builder.operandIfAny(8), by: self)
  }

  /// Sums are scaled, rounded, put around the result's zero point and clamped.
  package func finishing(_ builder: LoopBuilder) throws(DiagnosticMessage) -> SumFinish {
    let product = try MatrixProduct(builder.operand(0).shape, builder.operand(3).shape)
    let (scaleA, scaleB) = (try builder.operand(1), try builder.operand(4))
    let (scaleY, zeroY) = (try builder.operand(6), try builder.operand(7))
    let known = builder.context.zeroPoint(7)
    let operands = try RequantizationOperands(
      builder, settings, scales: (1, 4, 6),
      zero: { known ?? product.rowParameter(zeroY, product.fullIndex($0)) },
      loaded: { index in
        let place = product.fullIndex(index)
        let a = product.rowParameter(scaleA, place).converted(to: .float32)
        let b = product.columnParameter(scaleB, place).converted(to: .float32)
        return a * b / product.rowParameter(scaleY, place).converted(to: .float32)
      }, channel: { product.fullIndex($0)[product.batch.count + 1] })
    return operands.finish
  }
}
