/// The index of the greatest element along an axis.
package struct ArgMax: ArgReduction {
  package static let schema = OperatorSchema(
    "ArgMax", operands: ["data"], results: ["reduced"],
    attributes: ["axis": .int(0), "keepdims": .int(1), "select_last_index": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  /// Whether an element takes the place of an earlier one.
  package static let comparison = CompareOp.gt
  /// The same, when the last of equal elements is wanted.
  package static let lastComparison = CompareOp.ge
}
