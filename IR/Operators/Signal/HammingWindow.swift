/// The Hamming window.
package struct HammingWindow: CosineWindow {
  package static let schema = OperatorSchema(
    "HammingWindow", since: 17, operands: ["size"], results: ["output"],
    attributes: ["output_datatype": .int(1), "periodic": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static var factors: (Double, Double, Double) { (25.0 / 46, -21.0 / 46, 0) }
}
