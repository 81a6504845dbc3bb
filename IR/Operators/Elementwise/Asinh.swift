/// The inverse hyperbolic sine of each element.
package struct Asinh: MathOperator {
  package static let schema = OperatorSchema(
    "Asinh", since: 9, operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.asinh
}
