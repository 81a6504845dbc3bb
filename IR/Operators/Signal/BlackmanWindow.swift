/// The Blackman window.
public struct BlackmanWindow: CosineWindow {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "BlackmanWindow", since: 17, operands: ["size"], results: ["output"],
    attributes: ["output_datatype": .int(1), "periodic": .int(1)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `output_datatype` and `periodic`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
  package static var factors: (Double, Double, Double) { (0.42, -0.5, 0.08) }
}
