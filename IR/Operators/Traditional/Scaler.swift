/// `(x - offset) * scale` for each feature (ai.onnx.ml, opset 1).
package struct Scaler: Operator {
  package static let schema = OperatorSchema(
    "Scaler", domain: "ai.onnx.ml", through: 5, operands: ["X"],
    attributes: ["offset": .floats([]), "scale": .floats([])], allowed: ["scale": .realList])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  /// float32 of the operand's shape.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.number(0)
    let features = x.features
    for name in ["offset", "scale"] {
      let count = settings.floats(name)?.count ?? 0
      guard count == 1 || count == features else {
        throw DiagnosticMessage(
          "scaler-count", "'\(name)' has \(count) numbers; 1 or \(features) are expected")
      }
    }
    return [TensorType(.float32, x.shape)]
  }

  /// One element after the other; float64 in float64, all else in float32.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let element: ElementType = x.element == .float64 ? .float64 : .float32
    let offset = FeatureTable(settings.floats("offset") ?? [], "offset", element, builder)
    let scale = FeatureTable(settings.floats("scale") ?? [], "scale", element, builder)
    builder.loops(x.shape) { index in
      let value = x[index].converted(to: element)
      let scaled = (value - offset[index]) * scale[index]
      builder.store(scaled.converted(to: .float32), to: y, at: index)
    }
  }
  package var storesOnce: Bool { true }
}

/// A number for each feature, or one for all.
struct FeatureTable {
  private let table: TensorView?
  private let one: Expr

  init(_ values: [Float], _ name: String, _ element: ElementType, _ builder: LoopBuilder) {
    one = .constant(Double(values.first ?? 0), element)
    table =
      values.count > 1
      ? builder.table(Constant.reals(values.map(Double.init), element), name) : nil
  }

  /// The number for the feature at an index of rows of features.
  subscript(index: [Expr]) -> Expr {
    table?[[index[min(1, index.count - 1)]]] ?? one
  }
}

extension TensorType {
  /// The extent of the features: the second axis, or the only one.
  var features: Int { rank == 0 ? 1 : shape[min(1, rank - 1)] }
}
