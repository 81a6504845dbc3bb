/// The sine of each element.
package struct Sin: MathOperator {
  package static let schema = OperatorSchema(
    "Sin", since: 7, operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.sin
}
