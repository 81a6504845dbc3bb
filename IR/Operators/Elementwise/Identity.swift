/// The operand itself.
public struct Identity: ElementCarrier {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Identity", operands: ["input"], results: ["output"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// The operand's type.
  ///
  /// - Parameter context: The operand.
  /// - Returns: One type.
  /// - Throws: `missing-operand`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    [try context.type(0)]
  }

  /// A constant stays one.
  ///
  /// - Parameter context: The operands.
  /// - Returns: The constant.
  public func fold(_ context: InferenceContext) -> [Constant]? {
    context.known.first.flatMap { $0 }.map { [$0] }
  }

  /// The operand's memory.
  ///
  /// - Parameters:
  ///   - operand: Where operand 0 lies.
  ///   - context: The operands.
  /// - Returns: The operand itself.
  public func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    [operand]
  }

  /// Copies.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    try builder.copy(builder.operand(0), to: builder.result())
  }
  /// Always.
  public var storesOnce: Bool { true }
}
