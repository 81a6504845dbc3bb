/// The largest element of each window and, on request, where it stands in the operand.
package struct MaxPool: Pooling {
  package static let schema = OperatorSchema(
    "MaxPool", operands: ["X"], results: ["Y", "Indices?"],
    attributes: [
      "auto_pad": .string("NOTSET"), "ceil_mode": .int(0), "dilations": nil, "kernel_shape": nil,
      "pads": nil, "storage_order": .int(0), "strides": nil,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// Resolves the windows.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.computable(0)
    let window = try SpatialWindow(pooling: settings, x)
    let shape = Array(x.shape[..<2]) + window.output
    return [TensorType(x.element, shape), TensorType(.int64, shape)]
  }

  /// One pass over the windows; of equal elements the first counts.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    let window = try SpatialWindow(pooling: settings, TensorType(x.element, x.shape))
    let (y, indices) = (builder.resultIfAny(0), builder.resultIfAny(1))
    guard let shape = (y ?? indices)?.shape else { return }
    let strides = flatStrides(x.shape)
    builder.loops(shape) { index in
      let best = builder.declare("best", .lowest(x.element))
      let position = indices.map { _ in builder.declare("position", .integer(-1)) }
      _ = window.forEachTap(builder, index, Array(x.shape[2...])) { place in
        let value = builder.define("x", x[place])
        guard let position else {
          return builder.assign(best, Expr.variable(best).maximum(value))
        }
        let isFirst = Expr.variable(position).compared(.lt, .integer(0))
        builder.when(value.compared(.gt, .variable(best)).or(isFirst)) {
          builder.assign(best, value)
          let flat = zip(place, strides).reduce(Expr.integer(0)) { $0 + $1.0 * $1.1 }
          builder.assign(position, flat)
        }
      }
      if let y { builder.store(.variable(best), to: y, at: index) }
      if let indices, let position {
        let place = Expr.variable(position).converted(to: .int64)
        builder.store(place, to: indices, at: index)
      }
    }
  }

  /// Distances in the operand as indices count them: `storage_order` 1 is column-major in space.
  private func flatStrides(_ shape: [Int]) -> [Int] {
    var strides = rowMajorStrides(shape)
    guard settings.flag("storage_order") else { return strides }
    var step = 1
    for axis in 2..<shape.count {
      strides[axis] = step
      step *= shape[axis]
    }
    return strides
  }
}
