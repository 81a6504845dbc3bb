/// A tensor of a given shape with all elements equal.
public struct ConstantOfShape: Operator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "ConstantOfShape", since: 9, operands: ["input"], results: ["output"],
    attributes: ["value": nil])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `value`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// The element, as a tensor of one.
  public var value: Constant { attributes.tensor("value") ?? .filled(0, .float32, [1]) }

  /// The given shape.
  ///
  /// - Parameter context: The shape must be known.
  /// - Returns: One type.
  /// - Throws: `constant-value`, `extent`, `unknown-value`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let shape = try context.integers(0, "the shape")
    guard value.type.count == 1 else {
      throw DiagnosticMessage("constant-value", "value is \(value.type); it must have one element")
    }
    return [try TensorType.checked(value.type.element, shape)]
  }

  /// The declared shape.
  ///
  /// - Parameter context: The operands, and the declared types of the results.
  /// - Returns: Operands by number.
  public func impliedOperands(_ context: InferenceContext) -> [Int: ImpliedOperand] {
    guard let (count, result) = context.shown(0), count == result.rank else { return [:] }
    return [0: ImpliedOperand(exactly: result.shape)]
  }

  /// A constant in uniform storage.
  ///
  /// - Parameter context: The operands.
  /// - Returns: The constant.
  public func fold(_ context: InferenceContext) -> [Constant]? {
    (try? inferTypes(context)[0]).map { [Constant($0, .uniform(value.dense))] }
  }

  /// Stores the element everywhere.
  ///
  /// - Parameter builder: Takes the loops.
  /// - Throws: `missing-operand`.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let one = builder.table(value.reshaped([]), "value")
    builder.fill(try builder.result(), with: one[[]])
  }
  /// Always.
  public var storesOnce: Bool { true }
}
