/// The arctangent of each element.
package struct Atan: MathOperator {
  package static let schema = OperatorSchema(
    "Atan", since: 7, operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.atan
}
