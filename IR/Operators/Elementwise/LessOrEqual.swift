/// Whether elements of one tensor are not above those of another, broadcast.
package struct LessOrEqual: Comparison {
  package static let schema = OperatorSchema(
    "LessOrEqual", since: 12, operands: ["A", "B"], results: ["C"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let comparison = CompareOp.le
}
