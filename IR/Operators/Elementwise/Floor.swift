/// The largest whole number not above each element.
package struct Floor: MathOperator {
  package static let schema = OperatorSchema(
    "Floor", operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.floor
}
