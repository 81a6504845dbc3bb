/// A quantized tensor, its negative numbers times `alpha`.
package struct QLinearLeakyRelu: QuantizedUnary {
  package static let schema = declared("QLinearLeakyRelu", attributes: ["alpha": .float(0.01)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func real(_ x: Float) -> Float { x >= 0 ? x : x * settings.float("alpha") }
}
