/// The mean of each window.
package struct AveragePool: Pooling {
  package static let schema = OperatorSchema(
    "AveragePool", operands: ["X"],
    attributes: [
      "auto_pad": .string("NOTSET"), "ceil_mode": .int(0), "count_include_pad": .int(0),
      "dilations": nil, "kernel_shape": nil, "pads": nil, "strides": nil,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// Resolves the windows.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.real(0)
    let window = try SpatialWindow(pooling: settings, x)
    return [TensorType(x.element, Array(x.shape[..<2]) + window.output)]
  }

  /// One pass over the windows.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, y) = (try builder.operand(0), try builder.result())
    let window = try SpatialWindow(pooling: settings, TensorType(x.element, x.shape))
    let input = Array(x.shape[2...])
    let whole = Double(window.kernel.reduce(1, *))
    let padded = settings.flag("count_include_pad")
    builder.loops(y.shape) { index in
      let sum = builder.declare("sum", .constant(0, y.element))
      let inside = window.forEachTap(builder, index, input) { builder.accumulate(sum, x[$0]) }
      let count = padded ? window.paddedCount(index, input) : inside
      let divisor = count.map { $0.maximum(.integer(1)).converted(to: y.element) }
      builder.store(.variable(sum) / (divisor ?? .constant(whole, y.element)), to: y, at: index)
    }
  }
}
