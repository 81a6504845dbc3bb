/// Whether elements of two tensors are equal, broadcast.
package struct Equal: Comparison {
  package static let schema = OperatorSchema(
    "Equal", operands: ["A", "B"], results: ["C"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let comparison = CompareOp.eq
}
