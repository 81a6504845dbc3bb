/// The cosine of each element.
package struct Cos: MathOperator {
  package static let schema = OperatorSchema(
    "Cos", since: 7, operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.cos
}
