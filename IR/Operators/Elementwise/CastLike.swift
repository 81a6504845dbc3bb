/// Each element in the element type of another tensor.
public struct CastLike: Operator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "CastLike", since: 15, operands: ["input", "target_type"], results: ["output"],
    attributes: ["round_mode": .string("up"), "saturate": .int(1)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `round_mode` and `saturate`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Operand 0's shape with operand 1's element type.
  ///
  /// - Parameter context: The operands.
  /// - Returns: One type.
  /// - Throws: `element-type`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, like) = (try context.computable(0), try context.computable(1))
    return [TensorType(like.element, x.shape)]
  }

  /// One pass over the elements.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let (element, rule) = (y.stored, CastRule(attributes))
    builder.map(x, to: y) { $0.cast(to: element, rule, builder) }
  }
  /// Always.
  public var storesOnce: Bool { true }
  /// The first; the planner checks types and shapes.
  public var inPlaceOperands: [Int] { [0] }
}
