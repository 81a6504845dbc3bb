/// The inverse hyperbolic cosine of each element.
package struct Acosh: MathOperator {
  package static let schema = OperatorSchema(
    "Acosh", since: 9, operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.acosh
}
