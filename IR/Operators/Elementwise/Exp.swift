/// The exponential of each element.
package struct Exp: MathOperator {
  package static let schema = OperatorSchema(
    "Exp", operands: ["input"], results: ["output"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.exp
}
