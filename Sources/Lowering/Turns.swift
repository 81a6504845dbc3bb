import CoppiceIR

/// A loop that is being lowered.
private struct TurnsOfLoop {
  let end: LoopEnd
  /// The block's inputs, of which the third and further are carried.
  let inputs: [TensorView]
  /// The carried values before the first turn, and the results.
  let first: [TensorView]
  let results: [TensorView?]
  /// What the block yields.
  let outputs: [TensorView]

  /// When a loop ends.
  enum LoopEnd {
    /// After so many turns.
    case after(Int)
    /// When a condition, by its first value and then by what the block yields, does not hold, or after
    /// as many turns as a tensor says.
    case condition(TensorView?, atMost: TensorView?)
  }

  var states: ArraySlice<TensorView> { inputs.dropFirst(2) }
  var next: ArraySlice<TensorView> { outputs[1..<1 + states.count] }
}

extension ModelLowering {
  /// Lowers a loop to one kernel: those of its block one after the other, once in each turn.
  ///
  /// What the block computes has memory of its own while the loop runs; carried values are copied at
  /// the end of each turn.
  func lowerTurns(_ id: NodeID) throws(DiagnosticMessage) {
    let node = graph[id]
    guard let block = node.blocks.first, graph[block].inputs.count == node.operands.count,
      node.operands.count > 1
    else {
      throw DiagnosticMessage("loop-body", "Loop needs a body that takes what it is given")
    }
    let end = try end(of: id)
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
    forms[id] = end.form
    guard builds else { return }
    let loop = TurnsOfLoop(
      end: end, inputs: inputs, first: first,
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

  private func end(of id: NodeID) throws(DiagnosticMessage) -> TurnsOfLoop.LoopEnd {
    if let turns = graph.fixedTurns(of: id) { return .after(turns) }
    let node = graph[id]
    let block = node.blocks.first.map { graph[$0] }
    guard node.results.count < block?.outputs.count ?? 0,
      node.results.count == node.operands.count - 2
    else { throw Loop.unknownExtent }
    return .condition(
      node.operand(1).flatMap { view($0) }, atMost: node.operand(0).flatMap { view($0) })
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
      sum.dense += step.macs.dense * loop.end.countedTurns
      sum.nonzero += step.macs.nonzero * loop.end.countedTurns
    }
    let shape = node.result.map { graph[$0].type.shape } ?? []
    program.steps.append(
      Program.Step(
        kernel: guarded(kernel), nodes: [node.name], scratch: scratch, macs: macs,
        shapes: ([], shape), operators: [node.op.name], form: loop.end.form))
  }
}

extension TurnsOfLoop.LoopEnd {
  var form: String { if case .after = self { "loop" } else { "loop_until" } }

  /// The turns that work is counted for: one, where nobody knows how many there are.
  var countedTurns: Int { if case .after(let turns) = self { turns } else { 1 } }
}

extension TurnsOfLoop {
  /// The kernel: values before the first turn, the turns, and values after the last one.
  fileprivate func kernel(of steps: [Program.Step], _ builder: LoopBuilder) -> Kernel {
    for (state, value) in zip(states, first) { builder.copyElements(from: value, to: state) }
    let read = buffersRead(by: steps)
    let frame = frame(read, builder)
    for (state, result) in zip(states, results) {
      if let result { builder.copyElements(from: state, to: result) }
    }
    let after = builder.takeStatements()
    let widths = Set(steps.flatMap { $0.kernel.variants.map(\.vectorBytes) } + [0]).sorted(by: >)
    let variants = widths.map { width in
      let body = frame.start + steps.flatMap { $0.kernel.body(atMost: width) } + frame.end
      return Kernel.Variant(
        vectorBytes: width, body: frame.before + frame.loop(body) + after)
    }
    return Kernel(title: "loop", variants: variants)
  }

  /// What stands around the steps of a turn.
  private struct Frame {
    let before: [Statement]
    let start: [Statement]
    let end: [Statement]
    /// The loop over the statements of a turn.
    let loop: ([Statement]) -> [Statement]
  }

  private func frame(_ read: Set<Buffer>, _ builder: LoopBuilder) -> Frame {
    switch end {
    case .after(let turns): return counted(turns, read, builder)
    case .condition(let first, atMost: let limit): return tested(first, limit, read, builder)
    }
  }

  /// Takes the statements so far, which come before the loop, as the beginning of the frame.
  private func counted(_ turns: Int, _ read: Set<Buffer>, _ builder: LoopBuilder) -> Frame {
    if inputs[1].element == .bool, read.contains(inputs[1].buffer) {
      builder.fill(inputs[1], with: .constant(1, .bool))
    }
    let before = builder.takeStatements()
    let turn = builder.variable(.index, "turn")
    note(.variable(turn), read, builder)
    let start = builder.takeStatements()
    collect(.variable(turn), builder)
    carry(zip(next, states), builder)
    return Frame(before: before, start: start, end: builder.takeStatements()) { body in
      turns > 0 ? [.loop(turn, from: .integer(0), to: .integer(turns), step: 1, body)] : []
    }
  }

  /// As `counted`, of a loop whose condition lies where the block reads it.
  private func tested(
    _ first: TensorView?, _ limit: TensorView?, _ read: Set<Buffer>, _ builder: LoopBuilder
  ) -> Frame {
    if let first {
      builder.store(first.onlyElement, to: inputs[1], at: inputs[1].origin)
    } else {
      builder.fill(inputs[1], with: .constant(1, .bool))
    }
    var test = inputs[1].onlyElement
    let turn = builder.declare("turn", .number(0, .int64))
    if let limit {
      let most = builder.define("turns", limit.onlyElement.converted(to: .int64))
      test = Expr.variable(turn).compared(.lt, most).and(test)
    }
    let before = builder.takeStatements()
    note(.variable(turn), read, builder)
    let start = builder.takeStatements()
    let moved = first == nil ? [] : [(outputs[0], inputs[1])]
    carry(moved + zip(next, states), builder)
    builder.assign(turn, .variable(turn) + .number(1, .int64))
    return Frame(before: before, start: start, end: builder.takeStatements()) { body in
      [.repeatWhile(test, body)]
    }
  }

  /// Stores the number of the turn where the block reads it.
  private func note(_ turn: Expr, _ read: Set<Buffer>, _ builder: LoopBuilder) {
    guard read.contains(inputs[0].buffer) else { return }
    builder.store(turn.converted(to: inputs[0].element), to: inputs[0], at: inputs[0].origin)
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
  private func carry(
    _ values: some Sequence<(TensorView, TensorView)>, _ builder: LoopBuilder
  ) {
    var moves: [(from: TensorView, to: TensorView)] = []
    for (next, state) in values where next != state {
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

extension TensorView {
  fileprivate var origin: [Expr] { shape.map { _ in .integer(0) } }
  fileprivate var onlyElement: Expr { self[origin] }
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
