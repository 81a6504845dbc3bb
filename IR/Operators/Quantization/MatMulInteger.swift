/// The matrix product of 8-bit integers with zero points, summed in int32.
package struct MatMulInteger: LinearOperator {
  package static let schema = OperatorSchema(
    "MatMulInteger", since: 10, operands: ["A", "B", "a_zero_point?", "b_zero_point?"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package var linearOperands: [Int] { [1] }
  package var storesOnce: Bool { true }

  package func linearReading(
    of operand: Int, _ operands: [TensorType?], result: TensorType?
  ) -> LinearReading? {
    var reading = LinearReading.product(operand, (left: 0, right: 1), operands)
    reading?.inputZeroPoint = 2
    reading?.zeroPoint = 3
    reading?.walksNonzeros = false
    return reading
  }

  /// The product's shape in int32.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (a, b) = (try context.quantized(0), try context.quantized(1))
    let product = try MatrixProduct(a.shape, b.shape)
    if context.has(2) { try product.checkParameter(context.type(2), isRow: true) }
    if context.has(3) { try product.checkParameter(context.type(3), isRow: false) }
    return [TensorType(.int32, product.output)]
  }

  /// Output-stationary loops in int32.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let factors = (a: try builder.operand(0), b: try builder.operand(1))
    let zeroPoints = (a: builder.operandIfAny(2), b: builder.operandIfAny(3))
    try builder.integerProduct(factors, zeroPoints, by: self)
  }
}

extension InferenceContext {
  /// The type of an operand that must be int8 or uint8.
  package func quantized(_ index: Int) throws(DiagnosticMessage) -> TensorType {
    let type = try computable(index)
    guard type.element == .int8 || type.element == .uint8 else {
      throw DiagnosticMessage("element-type", "operand \(index) must be int8 or uint8, not \(type)")
    }
    return type
  }
}
