/// The number of elements of a tensor.
public struct Size: Operator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Size", operands: ["data"], results: ["size"])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// A scalar of int64.
  ///
  /// - Parameter context: The operand.
  /// - Returns: One type.
  /// - Throws: `missing-operand`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    _ = try context.type(0)
    return [TensorType(.int64, [])]
  }

  /// Types are static, so the count is known.
  ///
  /// - Parameter context: The operands.
  /// - Returns: The constant.
  public func fold(_ context: InferenceContext) -> [Constant]? {
    context.operands.first.flatMap { $0 }.map { [Constant([Int64($0.count)], .int64, [])] }
  }

  /// Stores the count.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let count = Int64(try builder.context.type(0).count)
    builder.fill(try builder.result(), with: .whole(count, .int64))
  }
  /// Always.
  public var storesOnce: Bool { true }
}
