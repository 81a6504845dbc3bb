/// A convolution with an addend and an activation (com.microsoft, opset 1).
package struct FusedConv: Expansion {
  package static let schema = OperatorSchema(
    "FusedConv", domain: "com.microsoft", through: 1, operands: ["X", "W", "B?", "Z?"],
    attributes: [
      "activation": .string(""), "activation_params": .floats([]), "auto_pad": .string("NOTSET"),
      "dilations": nil, "group": .int(1), "kernel_shape": nil, "pads": nil, "strides": nil,
    ], allowed: ["activation": .text])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Conv, Add where there is an addend, and the activation.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    var own = attributes
    (own["activation"], own["activation_params"]) = (nil, nil)
    let operands = [try builder.required(0), try builder.required(1), builder.operand(2)]
    var y = try builder.add(Conv(attributes: own), operands)[0]
    if let addend = builder.operand(3) { y = try builder.node(Add(), y, addend) }
    let name = settings.string("activation")
    let parameters = settings.floats("activation_params") ?? []
    builder.setResult(0, try builder.activated(name, parameters, y))
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
