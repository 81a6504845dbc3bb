/// Integers to reals: `(x - zero_point) * scale`.
package struct DequantizeLinear: ElementCarrier {
  package static let schema = OperatorSchema(
    "DequantizeLinear", since: 10, operands: ["x", "x_scale", "x_zero_point?"], results: ["y"],
    attributes: ["axis": .int(1), "block_size": .int(0), "output_dtype": .int(0)])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var storesOnce: Bool { true }

  /// The operand's shape in the type of the scale or of `output_dtype`.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, scale) = (try context.computable(0), try context.type(1))
    _ = try QuantizedAxis(scale.shape, of: x.shape, settings)
    if context.has(2) {
      _ = try QuantizedAxis(context.type(2).shape, of: x.shape, settings)
    }
    let wanted = settings.int("output_dtype")
    let element = wanted == 0 ? scale.element : ElementType(onnx: wanted)
    guard let element, element.isFloat, element.bits >= 16 else {
      throw DiagnosticMessage(
        "element-type", "the result must be a float of 16 bits or more",
        notes: ["x_scale is \(scale)", "output_dtype is \(wanted)"])
    }
    return [TensorType(element, x.shape)]
  }

  /// One pass over the elements.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, scale, y) = (try builder.operand(0), try builder.operand(1), try builder.result())
    let axis = try QuantizedAxis(scale.shape, of: x.shape, settings)
    let zeroPoint = builder.operandIfAny(2)
    builder.loops(y.shape) { index in
      var value = x[index]
      if !x.element.isFloat {
        value = value.converted(to: .int32)
        if let zeroPoint { value = value - axis.value(zeroPoint, at: index).converted(to: .int32) }
      }
      let factor = axis.value(scale, at: index).converted(to: y.element)
      builder.store(value.converted(to: y.element) * factor, to: y, at: index)
    }
  }
}
