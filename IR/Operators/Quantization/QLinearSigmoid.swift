/// The logistic function of a quantized tensor.
public struct QLinearSigmoid: QuantizedUnary {
  /// What it is called and takes.
  public static let schema = declared("QLinearSigmoid")
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: None are known.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func real(_ x: Float) -> Float {
    let power = exponential(-Double(x.magnitude))
    return Float(x < 0 ? power / (1 + power) : 1 / (1 + power))
  }
}
