/// Whether elements of one tensor are not below those of another, broadcast.
package struct GreaterOrEqual: Comparison {
  package static let schema = OperatorSchema(
    "GreaterOrEqual", since: 12, operands: ["A", "B"], results: ["C"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let comparison = CompareOp.ge
}
