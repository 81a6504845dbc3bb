/// The Hamming window.
public struct HammingWindow: CosineWindow {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "HammingWindow", since: 17, operands: ["size"], results: ["output"],
    attributes: ["output_datatype": .int(1), "periodic": .int(1)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `output_datatype` and `periodic`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static var factors: (Double, Double, Double) { (25.0 / 46, -21.0 / 46, 0) }
}
