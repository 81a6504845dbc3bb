import CoppiceIR

/// A loop that is being lowered.
private struct TurnsOfLoop {
  let turns: Int
  /// The block's inputs, of which the third and further are carried.
  let inputs: [TensorView]
  /// The carried values before the first turn, and the results.
  let first: [TensorView]
  let results: [TensorView?]
  /// What the block yields.
  let outputs: [TensorView]

  var states: ArraySlice<TensorView> { inputs.dropFirst(2) }
  var next: ArraySlice<TensorView> { outputs[1..<1 + states.count] }
}

extension ModelLowering {
  /// Lowers a loop to one kernel: those of its block one after the other, once in each turn.
  ///
  /// What the block computes has memory of its own while the loop runs; carried values are copied at
  /// the end of each turn.
  func lowerTurns(_ id: NodeID, _ op: Loop) throws(DiagnosticMessage) {
    let node = graph[id]
    guard let block = node.blocks.first, graph[block].inputs.count == node.operands.count else {
      throw DiagnosticMessage("loop-body", "Loop needs a body that takes what it is given")
    }
    let turns = try op.turns(graph.inferenceContext(id))
    let firstSlot = program.slots.count
    let first = node.operands.dropFirst(2).compactMap { $0.flatMap { view($0) } }
    let inputs = graph[block].inputs.map { value in
      let view = allocate(value)
      views[value] = view
      return view
    }
    let outer = branches
    let steps = try takenSteps { () throws(DiagnosticMessage) in
      for inner in graph[block].nodes { try lowerInside(inner) }
    }
    branches = outer
    let inside = program.slots[firstSlot...].filter {
      if case .arena = $0.role { true } else { false }
    }
    for case let value? in node.results { views[value] = allocate(value) }
    forms[id] = "loop"
    guard builds else { return }
    let loop = TurnsOfLoop(
      turns: turns, inputs: inputs, first: first,
      results: node.results.map { $0.flatMap { views[$0] } },
      outputs: try graph[block].outputs.map { value throws(DiagnosticMessage) in
        guard let view = view(value) else { throw .fault("a body yields what is not computed") }
        return view
      })
    let builder = makeBuilder([], [], nil)
    for (value, view) in zip(graph[block].inputs, inputs) { clearMargins(of: value, view, builder) }
    let kernel = loop.kernel(of: steps, builder)
    guard builder.buffers(of: kernel) <= Self.mostBuffers else {
      throw DiagnosticMessage(
        "loop-buffers",
        "the body of \(node.op.name) takes more than \(Self.mostBuffers) tensors, too many for one "
          + "function; make it smaller, or unroll it")
    }
    freeVariable = depthOfLoops > 0 ? builder.nextVariable : 0
    appendLoop(kernel, node, steps, loop, inside.map(\.buffer) + builder.scratch)
  }

  /// C promises functions 127 parameters.
  private static let mostBuffers = 120

  private func lowerInside(_ inner: NodeID) throws(DiagnosticMessage) {
    branches = guards[inner, default: []]
    do {
      try lower(inner)
    } catch {
      var error = error
      error.notes.append("in \(graph.location(inner))")
      throw error
    }
  }

  /// The steps that a closure appends, taken out; the variables of all are distinct.
  private func takenSteps(
    _ body: () throws(DiagnosticMessage) -> Void
  ) throws(DiagnosticMessage) -> [Program.Step] {
    let count = program.steps.count
    depthOfLoops += 1
    defer { depthOfLoops -= 1 }
    try body()
    let steps = Array(program.steps[count...])
    program.steps.removeSubrange(count...)
    return steps
  }

  private func appendLoop(
    _ kernel: Kernel, _ node: Node, _ steps: [Program.Step], _ loop: TurnsOfLoop,
    _ scratch: [Buffer]
  ) {
    let macs = steps.reduce(into: (dense: 0, nonzero: 0)) { sum, step in
      sum.dense += step.macs.dense * loop.turns
      sum.nonzero += step.macs.nonzero * loop.turns
    }
    let shape = node.result.map { graph[$0].type.shape } ?? []
    program.steps.append(
      Program.Step(
        kernel: guarded(kernel), nodes: [node.name], scratch: scratch, macs: macs,
        shapes: ([], shape), operators: [node.op.name], form: "loop"))
  }
}

extension TurnsOfLoop {
  /// The kernel: values before the first turn, the turns, and values after the last one.
  fileprivate func kernel(of steps: [Program.Step], _ builder: LoopBuilder) -> Kernel {
    for (state, value) in zip(states, first) { builder.copyElements(from: value, to: state) }
    let read = buffersRead(by: steps)
    if inputs.count > 1, inputs[1].element == .bool, read.contains(inputs[1].buffer) {
      builder.fill(inputs[1], with: .constant(1, .bool))
    }
    let before = builder.takeStatements()
    let turn = builder.variable(.index, "turn")
    if read.contains(inputs[0].buffer) {
      let count = Expr.variable(turn).converted(to: inputs[0].element)
      builder.emit(
        .store(inputs[0].buffer, inputs[0].at(inputs[0].shape.map { _ in .integer(0) }), count))
    }
    let start = builder.takeStatements()
    collect(.variable(turn), builder)
    carry(builder)
    let end = builder.takeStatements()
    for case (let state, let result?) in zip(states, results) {
      builder.copyElements(from: state, to: result)
    }
    let after = builder.takeStatements()
    let widths = Set(steps.flatMap { $0.kernel.variants.map(\.vectorBytes) } + [0]).sorted(by: >)
    let variants = widths.map { width in
      let body = start + steps.flatMap { $0.kernel.body(atMost: width) } + end
      let loop = Statement.loop(turn, from: .integer(0), to: .integer(turns), step: 1, body)
      return Kernel.Variant(vectorBytes: width, body: before + (turns > 0 ? [loop] : []) + after)
    }
    return Kernel(title: "loop", variants: variants)
  }

  /// The buffers that a turn reads, in its steps or for what it yields.
  private func buffersRead(by steps: [Program.Step]) -> Set<Buffer> {
    let yielded = outputs.dropFirst().map(\.buffer)
    return Set(steps.flatMap { BufferAccess($0.kernel).reads } + yielded)
  }

  /// Stores what a turn yields besides, each at its place.
  private func collect(_ turn: Expr, _ builder: LoopBuilder) {
    for (source, result) in zip(
      outputs.dropFirst(1 + states.count), results.dropFirst(states.count))
    {
      guard let result else { continue }
      builder.loops(source.shape) { builder.store(source[$0], to: result, at: [turn] + $0) }
    }
  }

  /// Brings the carried values to where the next turn reads them; those that lie in each other's place go
  /// by way of memory of their own.
  private func carry(_ builder: LoopBuilder) {
    var moves: [(from: TensorView, to: TensorView)] = []
    for (next, state) in zip(next, states) where next != state {
      guard inputs.contains(where: { $0.buffer == next.buffer }) else {
        moves.append((next, state))
        continue
      }
      let kept = builder.scratch(next.stored, next.shape, "carried")
      builder.copyElements(from: next, to: kept)
      moves.append((kept, state))
    }
    for move in moves { builder.copyElements(from: move.from, to: move.to) }
  }
}

extension Kernel {
  /// The body for the widest vectors that are not wider than asked.
  fileprivate func body(atMost width: Int) -> [Statement] {
    (variants.first { $0.vectorBytes <= width } ?? variants[variants.count - 1]).body
  }
}

extension LoopBuilder {
  /// How many buffers a kernel reads or writes.
  fileprivate func buffers(of kernel: Kernel) -> Int {
    let access = BufferAccess(kernel)
    return Set(access.reads + access.writes).count
  }
}
