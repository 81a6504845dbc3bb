/// Whether elements of one tensor are below those of another, broadcast.
package struct Less: Comparison {
  package static let schema = OperatorSchema(
    "Less", operands: ["A", "B"], results: ["C"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let comparison = CompareOp.lt
}
