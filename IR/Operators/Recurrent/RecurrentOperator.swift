/// A recurrent layer: weights of the input and of the state, gates one below the other.
protocol RecurrentOperator: LinearOperator {
  /// Whether weights of zeros on a unit leave its state at 0.
  static var silencesState: Bool { get }
}

extension RecurrentOperator {
  /// The schema that all recurrent layers share.
  ///
  /// - Parameters:
  ///   - name: ONNX's name.
  ///   - states: Operands behind the initial state.
  ///   - results: Results behind the last state.
  ///   - flag: An attribute of the operator's own.
  /// - Returns: The schema.
  static func recurrentSchema(
    _ name: String, states: [String] = [], results: [String] = [], flag: String? = nil
  ) -> OperatorSchema {
    let operands = ["X", "W", "R", "B?", "sequence_lens?", "initial_h?"] + states
    let flags: KeyValuePairs<String, Attribute?> = [
      "activation_alpha": nil, "activation_beta": nil, "activations": nil, "clip": nil,
      "direction": .string("forward"), "hidden_size": nil, "layout": .int(0),
    ]
    var schema = OperatorSchema(
      name, operands: operands, results: ["Y?", "Y_h?"] + results, attributes: flags)
    if let flag {
      schema.attributes.append(
        AttributeSchema(name: flag, fallback: .int(0), allowed: .flag, isInFiles: true))
    }
    return schema
  }

  /// Operands 1 and 2.
  public var linearOperands: [Int] { [1, 2] }

  /// How an operand is read when it is the weight.
  ///
  /// - Parameters:
  ///   - operand: One of `linearOperands`.
  ///   - operands: The types of all operands.
  ///   - result: The type of the result.
  /// - Returns: The facts, or `nil` when the types do not fit.
  public func linearReading(
    of operand: Int, _ operands: [TensorType?], result: TensorType?
  ) -> LinearReading? {
    .recurrence(operand, operands, silencesState: Self.silencesState)
  }

  /// 1e-4: functions of the library feed back.
  public var tolerance: Double { 1e-4 }

  /// Drops `output_sequence` of opset 1.
  ///
  /// - Parameter node: The node as the file has it.
  /// - Throws: Nothing.
  public static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.attributes["output_sequence"] = nil
  }
}
