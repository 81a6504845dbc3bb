/// The inverse hyperbolic tangent of each element.
package struct Atanh: MathOperator {
  package static let schema = OperatorSchema(
    "Atanh", since: 9, operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.atanh
}
