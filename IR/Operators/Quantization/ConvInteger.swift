/// The convolution of 8-bit integers with zero points, summed in int32.
public struct ConvInteger: SlidingOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "ConvInteger", since: 10, operands: ["x", "w", "x_zero_point?", "w_zero_point?"],
    results: ["y"],
    attributes: [
      "auto_pad": .string("NOTSET"), "dilations": nil, "group": .int(1), "kernel_shape": nil,
      "pads": nil, "strides": nil,
    ])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: See the schema.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Operand 1.
  public var linearOperands: [Int] { [1] }
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
    var reading = LinearReading.convolution(
      1, of: 0, groups: attributes.int("group", 1), operands, result: result)
    reading?.inputZeroPoint = 2
    reading?.zeroPoint = 3
    reading?.walksNonzeros = false
    return reading
  }

  private var operands: IntegerConvolution {
    IntegerConvolution(x: 0, w: 1, xZeroPoint: 2, wZeroPoint: 3)
  }

  /// The convolution's shape in int32.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    [TensorType(.int32, try operands.shape(context, attributes))]
  }

  /// Output-stationary loops in int32; padding counts as the zero point.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    try operands.lower(builder, self, bias: nil)
  }
}
