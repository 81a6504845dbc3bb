/// The trailing axes divided by their root mean square, then scaled.
package struct RMSNormalization: Operator {
  package static let schema = OperatorSchema(
    "RMSNormalization", since: 23, operands: ["X", "scale"],
    attributes: ["axis": .int(-1), "epsilon": .float(1e-5), "stash_type": .int(1)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }
  /// 1e-4: sums are rounded in other orders.
  package var tolerance: Double { 1e-4 }

  /// Checks the axis and that the scale broadcasts.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let x = try context.real(0)
    _ = try normalizedAxis(settings.int("axis"), rank: x.rank)
    try context.checkBroadcast(1, to: x.shape, "scale")
    return [TensorType(try context.real(1).element, x.shape)]
  }

  /// Two passes over each row.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, scale) = (try builder.operand(0), try builder.operand(1))
    let y = try builder.result()
    let axis = try normalizedAxis(settings.int("axis"), rank: x.rank)
    let gain = scale.broadcast(to: x.shape)
    let axes = ReducedAxes(x.shape, Array(axis..<x.rank))
    axes.outer(builder) { index in
      let square = axes.mean(builder, index, x.element, "square") { x[$0] * x[$0] }
      let inverse = square.inverseRoot(settings.float("epsilon"))
      let factor = builder.define("factor", inverse)
      axes.inner(builder, index) { index in
        let value = (x[index] * factor).converted(to: y.element)
        builder.store(value * gain[index], to: y, at: index)
      }
    }
  }
}
