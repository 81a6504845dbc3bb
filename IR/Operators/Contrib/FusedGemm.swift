/// `Gemm` with an activation (com.microsoft, opset 1).
package struct FusedGemm: Expansion {
  package static let schema = OperatorSchema(
    "FusedGemm", domain: "com.microsoft", through: 1, operands: ["A", "B", "C?"],
    attributes: [
      "activation": .string(""), "activation_alpha": nil, "activation_beta": nil,
      "activation_gamma": nil, "alpha": .float(1), "beta": .float(1), "transA": .int(0),
      "transB": .int(0),
    ],
    allowed: [
      "activation": .text, "activation_alpha": .real, "activation_beta": .real,
      "activation_gamma": .real,
    ])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }

  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    try expandedTypes(context)
  }

  /// Gemm and the activation.
  package func decompose(_ builder: inout DecompositionBuilder) throws(DiagnosticMessage) -> Bool {
    var own = Attributes()
    for name in ["alpha", "beta", "transA", "transB"] { own[name] = attributes[name] }
    let operands = [try builder.required(0), try builder.required(1), builder.operand(2)]
    let y = try builder.add(Gemm(attributes: own), operands)[0]
    let name = settings.string("activation")
    let numbers = ["alpha", name == "Selu" ? "gamma" : "beta"].map { "activation_\($0)" }
    let given = numbers.filter { attributes[$0] != nil }.map { settings.float($0) }
    builder.setResult(0, try builder.activated(name, given, y))
    return true
  }

  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {}
}
