extension DecompositionBuilder {
  /// The activation that onnxruntime's optimiser fused to an operator; none for an empty name.
  ///
  /// - Parameters:
  ///   - name: ONNX's name of the activation.
  ///   - parameters: Its numbers in the order of its attributes.
  ///   - value: What it is applied to.
  /// - Returns: The activated value.
  /// - Throws: `contrib-form` for an activation that is not known.
  mutating func activated(
    _ name: String, _ parameters: [Float], _ value: ValueID
  ) throws(DiagnosticMessage) -> ValueID {
    var attributes = Attributes()
    let names: [String: [String]] = [
      "LeakyRelu": ["alpha"], "Elu": ["alpha"], "HardSigmoid": ["alpha", "beta"],
      "ThresholdedRelu": ["alpha"], "Selu": ["alpha", "gamma"],
    ]
    for (attribute, number) in zip(names[name] ?? [], parameters) {
      attributes[attribute] = .float(number)
    }
    switch name {
    case "": return value
    case "Clip":
      let element = type(value).element
      let bounds = parameters.prefix(2).map { scalar(Double($0), element) }
      return try add(Clip(), [value] + bounds)[0]
    case "Relu", "Tanh", "Sigmoid", "LeakyRelu", "Elu", "HardSigmoid", "ThresholdedRelu", "Selu",
      "Softplus", "Softsign", "HardSwish":
      guard let op = OperatorRegistry.find(name) else { break }
      return try node(op.init(attributes: attributes), value)
    default: break
    }
    throw DiagnosticMessage("contrib-form", "the activation '\(name)' is not known")
  }
}
