/// A layer of simple recurrent units.
package struct RNN: RecurrentOperator {
  package static let schema = recurrentSchema("RNN")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  static let silencesState = true

  private func activations(_ layer: Recurrence) throws(DiagnosticMessage) -> [[RecurrentActivation]]
  {
    try RecurrentActivation.resolve(
      settings, fallback: ["Tanh"], directions: layer.directions)
  }

  /// Checks the weights' shapes.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let layer = try Recurrence(context, settings, gates: 1)
    _ = try activations(layer)
    return layer.types
  }

  /// One sample after the other, step by step.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let layer = try Recurrence(builder.context, settings, gates: 1)
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
