/// The matrix product of quantized tensors, requantized.
public struct QLinearMatMul: LinearOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "QLinearMatMul", since: 10,
    operands: [
      "a", "a_scale", "a_zero_point", "b", "b_scale", "b_zero_point", "y_scale", "y_zero_point",
    ], results: ["y"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Operand 3.
  public var linearOperands: [Int] { [3] }
  /// Always.
  public var storesOnce: Bool { true }

  /// How an operand is read when it is the weight.
  ///
  /// - Parameters:
  ///   - operand: One of `linearOperands`.
  ///   - operands: The types of all operands.
  ///   - result: The type of the result.
  /// - Returns: The facts, or `nil` when the types do not fit.
  public func linearReading(
    of operand: Int, _ operands: [TensorType?], result: TensorType?
  ) -> LinearReading? {
    var reading = LinearReading.product(operand, (left: 0, right: 3), operands)
    reading?.inputZeroPoint = 2
    reading?.scale = 4
    reading?.zeroPoint = 5
    reading?.walksNonzeros = false
    return reading
  }

  /// The product's shape in the type of the result's zero point.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
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
    return [TensorType(y.element, product.output)]
  }

  /// Output-stationary loops in int32, scaled once for each output.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let factors = (a: try builder.operand(0), b: try builder.operand(3))
    let zeroPoints = (a: builder.operandIfAny(2), b: builder.operandIfAny(5))
    try builder.integerProduct(factors, zeroPoints, by: self)
  }

  /// Sums are scaled, rounded and put around the result's zero point.
  public func finishing(_ builder: LoopBuilder) throws(DiagnosticMessage) -> SumFinish {
    let product = try MatrixProduct(builder.operand(0).shape, builder.operand(3).shape)
    let (scaleA, scaleB) = (try builder.operand(1), try builder.operand(4))
    let (scaleY, zeroY) = (try builder.operand(6), try builder.operand(7))
    let element = try builder.result().element
    return { sum, index in
      let place = product.fullIndex(index)
      let a = product.rowParameter(scaleA, place).converted(to: .float32)
      let b = product.columnParameter(scaleB, place).converted(to: .float32)
      let scale = a * b / product.rowParameter(scaleY, place).converted(to: .float32)
      let zero = product.rowParameter(zeroY, place)
      return (sum.converted(to: .float32) * scale).quantized(zero, to: element)
    }
  }
}
