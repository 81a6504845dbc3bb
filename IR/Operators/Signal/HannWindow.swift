/// The Hann window.
package struct HannWindow: CosineWindow {
  package static let schema = OperatorSchema(
    "HannWindow", since: 17, operands: ["size"], results: ["output"],
    attributes: ["output_datatype": .int(1), "periodic": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static var factors: (Double, Double, Double) { (0.5, -0.5, 0) }
}
