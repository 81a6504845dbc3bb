/// A layer of gated recurrent units.
package struct GRU: RecurrentOperator {
  package static let schema = recurrentSchema("GRU", flag: "linear_before_reset")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  static let silencesState = false

  private func activations(_ layer: Recurrence) throws(DiagnosticMessage) -> [[RecurrentActivation]]
  {
    try RecurrentActivation.resolve(
      settings, fallback: ["Sigmoid", "Tanh"], directions: layer.directions)
  }

  /// Checks the weights' shapes.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let layer = try Recurrence(context, settings, gates: 3)
    _ = try activations(layer)
    return layer.types
  }

  /// One sample after the other; update and reset gates first, then the hidden one.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let layer = try Recurrence(builder.context, settings, gates: 3)
    let activations = try activations(layer)
    let isLinear = settings.flag("linear_before_reset")
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
