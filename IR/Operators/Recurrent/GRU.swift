/// A layer of gated recurrent units.
public struct GRU: LinearOperator {
  /// What it is called and takes.
  public static let schema = OperatorSchema(
    "GRU", operands: ["X", "W", "R", "B?", "sequence_lens?", "initial_h?"],
    results: ["Y?", "Y_h?"],
    attributes: [
      "activation_alpha": nil, "activation_beta": nil, "activations": nil, "clip": nil,
      "direction": .string("forward"), "hidden_size": nil, "layout": .int(0),
      "linear_before_reset": .int(0),
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
    .recurrence(operand, operands, silencesState: false)
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
      attributes, fallback: ["Sigmoid", "Tanh"], directions: layer.directions)
  }

  /// Checks the weights' shapes.
  public func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let layer = try Recurrence(context, attributes, gates: 3)
    _ = try activations(layer)
    return layer.types
  }

  /// One sample after the other; update and reset gates first, then the hidden one.
  public func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let layer = try Recurrence(builder.context, attributes, gates: 3)
    let activations = try activations(layer)
    let isLinear = attributes.flag("linear_before_reset")
    let reset = builder.scratch(layer.element, [layer.hidden], "reset")
    try layer.lower(builder, states: 1) { (cell) throws(DiagnosticMessage) in
      let (f, g) = (activations[cell.direction][0], activations[cell.direction][1])
      try layer.sumGates(0..<2, cell)
      if isLinear {
        try layer.sumGates(2..<3, cell, part: .input)
        try layer.sumGates(2..<3, cell, part: .recurrence, into: reset)
      } else {
        builder.loop("j", layer.hidden) { unit in
          let r = layer.activate(cell.sums[[.integer(1), unit]], f, cell, "r")
          builder.store(r * cell.states[0][[unit]], to: reset, at: [unit])
        }
        try layer.sumGates(2..<3, cell, state: reset)
      }
      builder.loop("j", layer.hidden) { unit in
        let z = layer.activate(cell.sums[[.integer(0), unit]], f, cell, "z")
        var sum = cell.sums[[.integer(2), unit]]
        if isLinear {
          let r = layer.activate(cell.sums[[.integer(1), unit]], f, cell, "r")
          sum = sum + r * reset[[unit]]
        }
        let h = layer.activate(sum, g, cell, "h")
        let kept = z * cell.states[0][[unit]]
        let one = Expr.constant(1, layer.element)
        builder.store((one - z) * h + kept, to: cell.states[0], at: [unit])
      }
    }
  }
}
