/// A layer of simple recurrent units.
public struct RNN: LinearOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "RNN", operands: ["X", "W", "R", "B?", "sequence_lens?", "initial_h?"],
    results: ["Y?", "Y_h?"],
    attributes: [
      "activation_alpha": nil, "activation_beta": nil, "activations": nil, "clip": nil,
      "direction": .string("forward"), "hidden_size": nil, "layout": .int(0),
    ])
  /// The attributes that were given.
  public var attributes: Attributes
  /// Makes the operator.
  ///
  /// - Parameter attributes: See the schema.
  public init(attributes: Attributes = [:]) { self.attributes = attributes }
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
    .recurrence(operand, operands, silencesState: true)
  }

  /// 1e-4: functions of the library feed back.
  public var tolerance: Double { 1e-4 }

  /// Drops `output_sequence` of opset 1.
  public static func adapt(_ node: inout ForeignNode) throws(DiagnosticMessage) {
    node.attributes["output_sequence"] = nil
  }

  private func activations(_ layer: Recurrence) throws(DiagnosticMessage) -> [[RecurrentActivation]]
  {
    try RecurrentActivation.resolve(
      attributes, fallback: ["Tanh"], directions: layer.directions)
  }

  /// Checks the weights' shapes.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let layer = try Recurrence(context, attributes, gates: 1)
    _ = try activations(layer)
    return layer.types
  }

  /// One sample after the other, step by step.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let layer = try Recurrence(builder.context, attributes, gates: 1)
    let activations = try activations(layer)
    try layer.lower(builder, states: 1) { (cell) throws(DiagnosticMessage) in
      try layer.sumGates(0..<1, cell)
      builder.loop("j", layer.hidden) { unit in
        let sum = cell.sums[[.integer(0), unit]]
        let value = layer.activate(sum, activations[cell.direction][0], cell, "h")
        builder.store(value, to: cell.states[0], at: [unit])
      }
    }
  }
}
