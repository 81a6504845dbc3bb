/// The arccosine of each element.
package struct Acos: MathOperator {
  package static let schema = OperatorSchema(
    "Acos", since: 7, operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.acos
}
