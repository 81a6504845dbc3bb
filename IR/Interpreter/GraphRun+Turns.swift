extension GraphRun {
  /// Runs the block of a loop as often as it says.
  mutating func runTurns(of id: NodeID, _ loop: Loop) throws(Diagnostic) {
    let node = graph[id]
    guard let block = node.blocks.first else { return }
    let inner = graph.allNodes(in: block)
    let own = Set(inner.flatMap { graph[$0].results.compactMap { $0 } } + graph[block].inputs)
    let (turns, first) = try located(id) { run, id throws(DiagnosticMessage) in
      try run.start(of: id, loop)
    }
    keep(inner.flatMap { graph[$0].operands.compactMap { $0 } } + graph[block].outputs, but: own)
    var (carried, collected) = (first, [[Constant]]())
    for turn in 0..<turns {
      for value in own { readers[value] = nil }
      let inputs = [Constant([Int64(turn)], .int64, []), .scalar(1, .bool)] + carried
      for (value, constant) in zip(graph[block].inputs, inputs) { set(value, constant) }
      for value in graph[block].outputs { readers[value] = .max }
      try run(block)
      let yielded = try located(id) { run, _ throws(DiagnosticMessage) in
        try run.graph[block].outputs.map { value throws(DiagnosticMessage) in try run.value(value) }
      }
      carried = Array(yielded.dropFirst().prefix(first.count))
      let scans = yielded.dropFirst(1 + first.count)
      if collected.isEmpty { collected = scans.map { _ in [] } }
      for (index, constant) in scans.enumerated() { collected[index].append(constant) }
    }
    for (place, result) in node.results.enumerated() {
      guard let result else { continue }
      let type = graph[result].type
      set(
        result,
        place < carried.count
          ? carried[place] : joined(collected.isEmpty ? [] : collected[place - carried.count], type)
      )
    }
    for operand in node.operands { forget(operand) }
  }

  private func start(
    of id: NodeID, _ loop: Loop
  ) throws(DiagnosticMessage) -> (turns: Int, carried: [Constant]) {
    let turns = try loop.turns(graph.inferenceContext(id))
    var carried: [Constant] = []
    for case let operand? in graph[id].operands.dropFirst(2) { carried.append(try value(operand)) }
    return (turns, carried)
  }

  /// Lets values be read by every turn.
  private mutating func keep(_ read: [ValueID], but own: Set<ValueID>) {
    for value in read where !own.contains(value) { readers[value] = .max }
  }

  /// Tensors along a new first axis.
  private func joined(_ parts: [Constant], _ type: TensorType) -> Constant {
    guard type.element.bits >= 8 else {
      return Constant(rounding: parts.flatMap(\.numbers), type.element, type.shape)
    }
    let bytes = parts.flatMap { $0.dense.withUnsafeBytes { Array($0) } }
    return Constant(type, .dense(Bytes(bytes)))
  }
}
