/// The same elements as a matrix: the axes before `axis` are its rows.
public struct Flatten: Reshaping {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Flatten", operands: ["input"], results: ["output"], attributes: ["axis": .int(1)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `axis`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Two products of extents.
  ///
  /// - Parameter context: The operand.
  /// - Returns: One type.
  /// - Throws: `axis-range`.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.type(0)
    let axis = attributes.int("axis", 1)
    guard axis >= -data.rank, axis <= data.rank else {
      throw DiagnosticMessage("axis-range", "axis \(axis) lies outside of \(data)")
    }
    let split = axis < 0 ? axis + data.rank : axis
    let (rows, columns) = (
      product(Array(data.shape[..<split])), product(Array(data.shape[split...]))
    )
    let type = try TensorType.checked(data.element, [rows.value, columns.value])
    return [TensorType(data.element, type.shape, quantization: data.quantization)]
  }
}
