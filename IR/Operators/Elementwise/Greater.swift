/// Whether elements of one tensor are above those of another, broadcast.
package struct Greater: Comparison {
  package static let schema = OperatorSchema(
    "Greater", operands: ["A", "B"], results: ["C"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let comparison = CompareOp.gt
}
