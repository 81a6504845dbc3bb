/// The smallest whole number not below each element.
package struct Ceil: MathOperator {
  package static let schema = OperatorSchema(
    "Ceil", operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.ceil
}
