/// The error function of each element.
package struct Erf: MathOperator {
  package static let schema = OperatorSchema(
    "Erf", since: 9, operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.erf
}
