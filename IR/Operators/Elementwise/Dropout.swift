/// The operand itself, as at inference; the mask is all true.
public struct Dropout: Operator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Dropout", operands: ["data", "ratio?", "training_mode?"], results: ["output", "mask?"],
    attributes: ["seed": nil])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `seed`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Drops what only training reads.
  ///
  /// - Parameter node: The node as the file has it.
  /// - Throws: Nothing.
  public static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    for name in ["ratio", "is_test", "consumed_inputs"] { node.attributes[name] = nil }
  }

  /// Refuses training.
  ///
  /// - Parameter context: The operands.
  /// - Returns: The type of the operand, and bools.
  /// - Throws: `dropout-training`, `unknown-value`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.type(0)
    if context.has(2), try context.integers(2, "the training mode") != [0],
      try context.numbers(1, "the ratio") != [0]
    {
      throw DiagnosticMessage(
        "dropout-training", "training_mode is true; export the model for inference")
    }
    return [data, TensorType(.bool, data.shape)]
  }

  /// The operand's memory, unless a mask is wanted.
  ///
  /// - Parameters:
  ///   - operand: Where operand 0 lies.
  ///   - context: The operands.
  /// - Returns: The view, or `nil` when elements have to move.
  public func view(of operand: TensorView, _ context: InferenceContext) -> [TensorView]? {
    context.resultCount == 1 ? [operand] : nil
  }

  /// Copies, and fills the mask.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    if let y = builder.results.first.flatMap({ $0 }) { builder.copy(x, to: y) }
    guard builder.results.count > 1, let mask = builder.results[1] else { return }
    builder.fill(mask, with: .constant(1, .bool))
  }
  /// Always.
  public var storesOnce: Bool { true }
}
