/// The same elements as a matrix: the axes before `axis` are its rows.
package struct Flatten: Reshaping {
  package static let schema = OperatorSchema(
    "Flatten", operands: ["input"], results: ["output"], attributes: ["axis": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// Two products of extents.
  ///
  /// - Throws: `axis-range`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let data = try context.type(0)
    let axis = settings.int("axis")
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
