/// The extents and the loops that RNN, GRU and LSTM share.
package struct Recurrence {
  package let settings: Settings
  package let gates: Int
  package let directions: Int
  package let hidden: Int
  package let time: Int
  package let batch: Int
  package let element: ElementType
  /// Whether the batch comes before time and direction.
  package let isBatchFirst: Bool

  /// Checks the operands that all three have.
  package init(
    _ context: InferenceContext, _ settings: Settings, gates: Int
  ) throws(DiagnosticMessage) {
    let (x, w, r) = (try context.real(0), try context.real(1), try context.real(2))
    let direction = settings.string("direction")
    self.settings = settings
    self.gates = gates
    directions = direction == "bidirectional" ? 2 : 1
    isBatchFirst = settings.flag("layout")
    element = x.element
    guard x.rank == 3, r.rank == 3, w.element == element, r.element == element else {
      throw DiagnosticMessage(
        "recurrent-shape", "X, W and R must have rank 3 and one element type",
        notes: ["X is \(x)", "W is \(w)", "R is \(r)"])
    }
    hidden = r.shape[2]
    (time, batch) = isBatchFirst ? (x.shape[1], x.shape[0]) : (x.shape[0], x.shape[1])
    let (rows, overflow) = product([gates, hidden])
    guard !overflow, r.shape == [directions, rows, hidden],
      w.shape == [directions, rows, x.shape[2]]
    else {
      throw DiagnosticMessage(
        "recurrent-shape",
        "for \(directions) directions and \(gates) gates of \(hidden) units W must be "
          + "[\(directions), \(rows), \(x.shape[2])] and R [\(directions), \(rows), \(hidden)]",
        notes: ["X is \(x)", "W is \(w)", "R is \(r)"])
    }
    try check(context, 3, [directions, 2 * rows], "B")
    try check(context, 4, [batch], "sequence_lens")
    try check(context, 5, stateShape, "initial_h")
  }

  /// Checks the shape of an optional operand.
  package func check(
    _ context: InferenceContext, _ index: Int, _ shape: [Int], _ name: String
  ) throws(DiagnosticMessage) {
    guard context.has(index) else { return }
    let type = try context.computable(index)
    guard type.shape == shape, index == 4 || type.element == element else {
      throw DiagnosticMessage(
        "recurrent-shape",
        "\(name) is \(type); its shape must be \(shape) and its element \(element)")
    }
  }

  /// The shape of an initial or final state.
  package var stateShape: [Int] {
    isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden]
  }

  /// All states, then the final one.
  package var types: [TensorType] {
    let all =
      isBatchFirst ? [batch, time, directions, hidden] : [time, directions, batch, hidden]
    return [TensorType(element, all), TensorType(element, stateShape)]
  }

  /// A step of one direction and sample.
  package struct Cell {
    package let builder: LoopBuilder
    package let direction: Int
    /// The element of X at this step.
    package let input: (_ feature: Expr) -> Expr
    /// The states: that before the step on entry, that after it on return.
    package let states: [TensorView]
    /// What the gates sum up to, by gate and unit.
    package let sums: TensorView
  }

  /// Runs `step` over time for each direction and sample.
  ///
  /// State `k` starts as operand `5 + k` and ends in result `1 + k`; state 0 goes to result 0.
  package func lower(
    _ builder: LoopBuilder, states count: Int, _ step: (Cell) throws(DiagnosticMessage) -> Void
  ) throws(DiagnosticMessage) {
    let x = try builder.operand(0)
    let states = (0..<count).map { builder.scratch(element, [hidden], $0 == 0 ? "h" : "c") }
    let sums = builder.scratch(element, [gates, hidden], "gates")
    for direction in 0..<directions {
      try builder.loop("n", batch) { (sample) throws(DiagnosticMessage) in
        start(builder, states, direction, sample)
        let steps = stepCount(builder, sample)
        try builder.loop("t", to: steps) { (turn) throws(DiagnosticMessage) in
          let now = isReverse(direction) ? steps - 1 - turn : turn
          let place = isBatchFirst ? [sample, now] : [now, sample]
          let cell = Cell(
            builder: builder, direction: direction, input: { x[place + [$0]] }, states: states,
            sums: sums)
          try step(cell)
          storeAll(builder, states[0], direction, sample, now)
        }
        if builder.operandIfAny(4) != nil {
          builder.loop("t", from: steps, to: .integer(time)) { turn in
            storeAll(builder, nil, direction, sample, turn)
          }
        }
        finish(builder, states, direction, sample)
      }
    }
  }

  private func isReverse(_ direction: Int) -> Bool {
    direction == 1 || settings.string("direction") == "reverse"
  }

  private func stepCount(_ builder: LoopBuilder, _ sample: Expr) -> Expr {
    guard let lengths = builder.operandIfAny(4) else { return .integer(time) }
    let length = lengths[[sample]].converted(to: .index)
    return builder.define("steps", length.maximum(.integer(0)).minimum(.integer(time)))
  }

  private func statePlace(_ direction: Int, _ sample: Expr) -> [Expr] {
    isBatchFirst ? [sample, .integer(direction)] : [.integer(direction), sample]
  }

  private func start(
    _ builder: LoopBuilder, _ states: [TensorView], _ direction: Int, _ sample: Expr
  ) {
    for (number, state) in states.enumerated() {
      let initial = builder.operandIfAny(5 + number)
      builder.loop("j", hidden) { unit in
        let place = statePlace(direction, sample) + [unit]
        builder.store(initial?[place] ?? .constant(0, element), to: state, at: [unit])
      }
    }
  }

  private func storeAll(
    _ builder: LoopBuilder, _ state: TensorView?, _ direction: Int, _ sample: Expr, _ now: Expr
  ) {
    guard let y = builder.resultIfAny(0) else { return }
    let side = Expr.integer(direction)
    let place = isBatchFirst ? [sample, now, side] : [now, side, sample]
    builder.loop("j", hidden) { unit in
      builder.store(state?[[unit]] ?? .constant(0, element), to: y, at: place + [unit])
    }
  }

  private func finish(
    _ builder: LoopBuilder, _ states: [TensorView], _ direction: Int, _ sample: Expr
  ) {
    for (number, state) in states.enumerated() {
      guard let result = builder.resultIfAny(1 + number) else { continue }
      builder.loop("j", hidden) { unit in
        builder.store(state[[unit]], to: result, at: statePlace(direction, sample) + [unit])
      }
    }
  }
}
