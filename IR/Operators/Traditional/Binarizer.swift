/// 1 for elements above a threshold, 0 for the others (ai.onnx.ml, opset 1).
package struct Binarizer: Elementwise {
  package static let schema = OperatorSchema(
    "Binarizer", domain: "ai.onnx.ml", through: 5, operands: ["X"],
    attributes: ["threshold": .float(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// `x > threshold`; whole numbers are compared in float64.
  package func scalar(_ x: [Expr], _ builder: LoopBuilder) -> Expr {
    let threshold = Double(settings.float("threshold"))
    let value = x[0].element.isFloat ? x[0] : x[0].converted(to: .float64)
    return .select(value.compared(.gt, value.like(threshold)), x[0].like(1), x[0].like(0))
  }
}
