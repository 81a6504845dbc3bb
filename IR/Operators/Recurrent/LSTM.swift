/// A layer of long short-term memory, with optional peepholes.
package struct LSTM: RecurrentOperator {
  package static let schema = recurrentSchema(
    "LSTM", states: ["initial_c?", "P?"], results: ["Y_c?"], flag: "input_forget")
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  static let silencesState = true

  private func activations(_ layer: Recurrence) throws(DiagnosticMessage) -> [[RecurrentActivation]]
  {
    try RecurrentActivation.resolve(
      settings, fallback: ["Sigmoid", "Tanh", "Tanh"], directions: layer.directions)
  }

  /// Checks the weights' shapes.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let layer = try Recurrence(context, settings, gates: 4)
    _ = try activations(layer)
    try layer.check(context, 6, layer.stateShape, "initial_c")
    try layer.check(context, 7, [layer.directions, 3 * layer.hidden], "P")
    return layer.types + [layer.types[1]]
  }

  /// One sample after the other, step by step.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let layer = try Recurrence(builder.context, settings, gates: 4)
    let activations = try activations(layer)
    try layer.lower(builder, states: 2) { (cell) throws(DiagnosticMessage) in
      try layer.sumGates(0..<4, cell)
      builder.loop("j", layer.hidden) { unit in
        update(layer, cell, unit, activations[cell.direction])
      }
    }
  }

  /// The new states of a unit; gates stand in the order input, output, forget, cell.
  private func update(
    _ layer: Recurrence, _ cell: Recurrence.Cell, _ unit: Expr, _ functions: [RecurrentActivation]
  ) {
    let builder = cell.builder
    let (f, g, h) = (functions[0], functions[1], functions[2])
    let peepholes = builder.operandIfAny(7)
    let sum = { (gate: Int, state: Expr) -> Expr in
      let sum = cell.sums[[.integer(gate), unit]]
      guard let peepholes, gate < 3 else { return sum }
      return sum + peepholes[[.integer(cell.direction), unit + gate * layer.hidden]] * state
    }
    let old = builder.define("old", cell.states[1][[unit]])
    let input = layer.activate(sum(0, old), f, cell, "i")
    let one = Expr.constant(1, layer.element)
    let isCoupled = settings.flag("input_forget")
    let forget = isCoupled ? one - input : layer.activate(sum(2, old), f, cell, "f")
    let candidate = layer.activate(sum(3, old), g, cell, "g")
    let new = builder.define("c", forget * old + input * candidate)
    let output = layer.activate(sum(1, new), f, cell, "o")
    builder.store(new, to: cell.states[1], at: [unit])
    builder.store(output * h.apply(new, builder), to: cell.states[0], at: [unit])
  }
}
