/// The hyperbolic sine of each element.
package struct Sinh: MathOperator {
  package static let schema = OperatorSchema(
    "Sinh", since: 9, operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.sinh
}
