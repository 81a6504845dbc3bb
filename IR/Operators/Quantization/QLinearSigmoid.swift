/// The logistic function of a quantized tensor.
package struct QLinearSigmoid: QuantizedUnary {
  package static let schema = declared("QLinearSigmoid")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func real(_ x: Float) -> Float {
    let power = exponential(-Double(x.magnitude))
    return Float(x < 0 ? power / (1 + power) : 1 / (1 + power))
  }
}
