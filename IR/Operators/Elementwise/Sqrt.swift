/// The square root of each element.
package struct Sqrt: MathOperator {
  package static let schema = OperatorSchema(
    "Sqrt", operands: ["X"])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static let function = MathFunction.sqrt
}
