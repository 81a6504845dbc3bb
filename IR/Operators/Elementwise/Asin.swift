/// The arcsine of each element.
package struct Asin: MathOperator {
  package static let schema = OperatorSchema(
    "Asin", since: 7, operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.asin
}
