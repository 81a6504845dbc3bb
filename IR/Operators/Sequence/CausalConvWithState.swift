/// A depthwise convolution over time that looks back only, continued from a state.
package struct CausalConvWithState: LinearOperator {
  package static let schema = OperatorSchema(
    "CausalConvWithState", since: 27, operands: ["input", "weight", "bias?", "past_state?"],
    results: ["output", "present_state"], attributes: ["activation": .string("none")],
    allowed: ["activation": .texts(["none", "silu", "swish"])])
  package var attributes: Attributes
  package init(attributes: Attributes = [:]) { self.attributes = attributes }
  package var linearOperands: [Int] { [1] }

  package func linearReading(
    of operand: Int, _ operands: [TensorType?], result: TensorType?
  ) -> LinearReading? {
    var reading = LinearReading.convolution(
      1, of: 0, groups: operands.type(1)?.shape.first ?? 1, operands, result: result)
    reading?.silenced = [1]
    reading?.walksNonzeros = false
    return reading
  }

  /// Checks channels and the state.
  package func inferTypes(_ context: InferenceContext) throws(DiagnosticMessage) -> [TensorType] {
    let (x, w) = (try context.real(0), try context.real(1))
    guard x.rank == 3, w.rank == 3, w.shape[0] == x.shape[1], w.shape[1] == 1, w.shape[2] > 0,
      x.element == w.element
    else {
      throw DiagnosticMessage(
        "conv-channels", "input must be [batch, channels, length] and weight [channels, 1, taps]",
        notes: ["input is \(x)", "weight is \(w)"])
    }
    let state = [x.shape[0], x.shape[1], w.shape[2] - 1]
    if context.has(2) { try context.checkChannels(2, [x.shape[1]], "bias") }
    if context.has(3), try context.real(3).shape != state {
      throw DiagnosticMessage(
        "conv-state", "past_state is \(try context.type(3)), but must be \(state)")
    }
    return [TensorType(x.element, x.shape), TensorType(x.element, state)]
  }

  /// One pass over the results, then the state.
  package func lower(_ builder: LoopBuilder) throws(DiagnosticMessage) {
    let (x, w) = (try builder.operand(0), try builder.operand(1))
    let (bias, past) = (builder.operandIfAny(2), builder.operandIfAny(3))
    let back = w.shape[2] - 1
    let zero = Expr.constant(0, x.element)
    let padded = { (row: [Expr], place: Expr) -> Expr in
      if back == 0 { return x[row + [place]] }
      let isNew = place.compared(.ge, .integer(back))
      return .select(isNew, x[row + [place - back]], past?[row + [place]] ?? zero)
    }
    if let y = builder.resultIfAny(0) {
      try builder.loops(y.shape) { (index) throws(DiagnosticMessage) in
        let sum = builder.declare("sum", bias?[[index[1]]].converted(to: x.element) ?? zero)
        try builder.forEachNonzero(of: 1, rowAxis: 0, row: index[1]) { tap, weight in
          let place = builder.define("p", index[2] + tap)
          builder.accumulate(sum, padded(Array(index[..<2]), place) * weight)
        }
        builder.store(activated(.variable(sum)), to: y, at: index)
      }
    }
    if let state = builder.resultIfAny(1) {
      builder.loops(state.shape) { index in
        let place = builder.define("p", index[2] + x.shape[2])
        builder.store(padded(Array(index[..<2]), place), to: state, at: index)
      }
    }
  }

  private func activated(_ value: Expr) -> Expr {
    if settings.string("activation") == "none" { return value }
    let one = Expr.constant(1, value.element)
    return value / (one + Expr.unary(.neg, value).applying(.exp))
  }
}
