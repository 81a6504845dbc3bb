extension Recurrence {
  /// Which part of a gate's sum is taken.
  package enum Part {
    case both, input, recurrence
  }

  /// Sums inputs and states, weighted, with biases, for some gates.
  package func sumGates(
    _ range: Range<Int>, _ cell: Cell, part: Part = .both, state: TensorView? = nil,
    into target: TensorView? = nil
  ) throws(DiagnosticMessage) {
    let builder = cell.builder
    let (state, target) = (state ?? cell.states[0], target ?? cell.sums)
    let flat = target.rank == 2 ? target.reshaped([gates * hidden]) ?? target : target
    let shift = target.rank == 2 ? 0 : range.lowerBound * hidden
    let (from, to) = (
      Expr.integer(range.lowerBound * hidden), Expr.integer(range.upperBound * hidden)
    )
    try builder.loop("g", from: from, to: to) { (row) throws(DiagnosticMessage) in
      let place = [Expr.integer(cell.direction), row]
      let sum = builder.declare("sum", bias(builder, cell.direction, row, part))
      if part != .recurrence {
        try builder.forEachNonzero(ofLast: 1, at: place) { feature, weight in
          builder.accumulate(sum, cell.input(feature) * weight)
        }
      }
      if part != .input {
        try builder.forEachNonzero(ofLast: 2, at: place) { unit, weight in
          builder.accumulate(sum, state[[unit]] * weight)
        }
      }
      builder.store(.variable(sum), to: flat, at: [row - shift])
    }
  }

  private func bias(_ builder: LoopBuilder, _ direction: Int, _ row: Expr, _ part: Part) -> Expr {
    guard let bias = builder.operandIfAny(3) else { return .constant(0, element) }
    let input = bias[[.integer(direction), row]]
    let recurrent = bias[[.integer(direction), row + gates * hidden]]
    switch part {
    case .both: return input + recurrent
    case .input: return input
    case .recurrence: return recurrent
    }
  }

  /// A gate's sum, limited to `clip`, through its activation.
  package func activate(
    _ value: Expr, _ activation: RecurrentActivation, _ cell: Cell, _ hint: String
  ) -> Expr {
    var value = value
    let clip = settings.float("clip")
    if clip > 0 {
      let limit = Expr.constant(Double(clip), element)
      value = value.minimum(limit).maximum(.constant(-Double(clip), element))
    }
    return cell.builder.define(hint, activation.apply(value, cell.builder))
  }
}
