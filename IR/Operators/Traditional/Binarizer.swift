/// 1 for elements above a threshold, 0 for the others (ai.onnx.ml, opset 1).
public struct Binarizer: Elementwise {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "Binarizer", domain: "ai.onnx.ml", through: 5, operands: ["X"],
    attributes: ["threshold": .float(0)])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: `threshold`.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// `x > threshold`; whole numbers are compared in float64.
  public func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let threshold = Double(attributes.float("threshold"))
    let value = x[0].element.isFloat ? x[0] : x[0].converted(to: .float64)
    return .select(value.compared(.gt, value.like(threshold)), x[0].like(1), x[0].like(0))
  }
}
