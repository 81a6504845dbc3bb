/// The natural logarithm of each element.
package struct Log: MathOperator {
  package static let schema = OperatorSchema(
    "Log", operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.log
}
