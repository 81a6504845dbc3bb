/// Ones on a diagonal and zeros elsewhere, in the shape of a matrix.
public struct EyeLike: Operator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "EyeLike", since: 9, operands: ["input"], results: ["output"],
    attributes: ["dtype": nil, "k": .int(0)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `dtype` and `k`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The shape of the operand.
  ///
  /// - Parameter context: The operand.
  /// - Returns: One type.
  /// - Throws: `eye-like`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.type(0)
    let code = attributes["dtype"] == nil ? nil : ElementType(onnx: attributes.int("dtype"))
    let element = code ?? data.element
    guard data.rank == 2, element.isComputable else {
      throw DiagnosticMessage(
        "eye-like", "\(element.rawValue) like \(data) is no matrix of numbers")
    }
    return [TensorType(element, data.shape)]
  }

  /// A choice for each element.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let y = try builder.result()
    let limit = 1 << 30
    let shift = max(-limit, min(attributes.int("k"), limit))
    builder.loops(y.shape) { index in
      let here = index[1].compared(.eq, index[0] + shift)
      builder.store(
        .select(here, .constant(1, y.element), .constant(0, y.element)), to: y, at: index)
    }
  }
  /// Always.
  public var storesOnce: Bool { true }
}
