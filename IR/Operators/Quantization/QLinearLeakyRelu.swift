/// A quantized tensor, its negative numbers times `alpha`.
public struct QLinearLeakyRelu: QuantizedUnary {
  /// What it is called and takes.
  public static let schema = declared("QLinearLeakyRelu", attributes: ["alpha": .float(0.01)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `alpha`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func real(_ x: Float) -> Float { x >= 0 ? x : x * attributes.float("alpha", 0.01) }
}
