/// The nearest whole number; halves go to the even one.
package struct Round: MathOperator {
  package static let schema = OperatorSchema(
    "Round", since: 11, operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.rint
}
