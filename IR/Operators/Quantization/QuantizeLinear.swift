/// Reals to integers: `saturate(round(x / scale) + zero_point)`, ties to even; or to narrow floats.
package struct QuantizeLinear: ElementCarrier {
  package static let schema = OperatorSchema(
    "QuantizeLinear", since: 10, operands: ["x", "y_scale", "y_zero_point?"], results: ["y"],
    attributes: [
      "axis": .int(1), "block_size": .int(0), "output_dtype": .int(0), "precision": .int(0),
      "saturate": .int(1),
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// The operand's shape in the type of the zero point or of `output_dtype`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, scale) = (try context.computable(0), try context.computable(1))
    _ = try QuantizedAxis(scale.shape, of: x.shape, settings)
    let wanted = settings.int("output_dtype")
    var element = wanted == 0 ? ElementType.uint8 : ElementType(onnx: wanted)
    if context.has(2) {
      element = try context.computable(2).element
      _ = try QuantizedAxis(context.type(2).shape, of: x.shape, settings)
    }
    guard let element, element.isInteger && element.bits <= 16 || element.isSmallFloat else {
      throw DiagnosticMessage(
        "element-type",
        "the result must be an integer of 2 to 16 bits or a float of 4 or 8; output_dtype is \(wanted)"
      )
    }
    return [TensorType(element, x.shape)]
  }

  /// One pass over the elements.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, scale, y) = (try builder.operand(0), try builder.operand(1), try builder.result())
    let axis = try QuantizedAxis(scale.shape, of: x.shape, settings)
    let zeroPoint = builder.operandIfAny(2)
    let wide = x.element == .float64 || settings.int("precision") == 11
    let compute = wide ? ElementType.float64 : .float32
    let (target, rule) = (y.stored, CastRule(settings))
    builder.loops(y.shape) { index in
      let divisor = axis.value(scale, at: index).converted(to: compute)
      let quotient = x[index].converted(to: compute) / divisor
      let shift = zeroPoint.map { axis.value($0, at: index) }
      // As in onnxruntime and ONNX's reference, zero points of float8 do not count.
      let moves = target.isFloat && target.bits < 8
      let moved = moves ? shift.map { quotient + $0.converted(to: compute) } ?? quotient : quotient
      let value =
        target.isFloat
        ? moved.cast(to: target, rule, builder) : quotient.quantized(shift, to: target)
      builder.store(value, to: y, at: index)
    }
  }
}

extension ElementType {
  /// Whether it is a float of 4 or 8 bits with a fraction: what QuantizeLinear gives.
  package var isSmallFloat: Bool { isFloat && bits <= 8 && self != .float8e8m0 }
}
