/// The hyperbolic tangent of each element.
package struct Tanh: MathOperator {
  package static let schema = OperatorSchema(
    "Tanh", operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.tanh
}
