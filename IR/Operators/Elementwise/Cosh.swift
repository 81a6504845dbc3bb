/// The hyperbolic cosine of each element.
package struct Cosh: MathOperator {
  package static let schema = OperatorSchema(
    "Cosh", since: 9, operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.cosh
}
