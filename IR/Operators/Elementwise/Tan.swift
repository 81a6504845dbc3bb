/// The tangent of each element.
package struct Tan: MathOperator {
  package static let schema = OperatorSchema(
    "Tan", since: 7, operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.tan
}
